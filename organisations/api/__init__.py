"""JSON endpoints of organisations."""
