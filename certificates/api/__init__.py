"""JSON endpoints of certificates."""
