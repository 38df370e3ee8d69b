"""Pages of certificate requests."""
