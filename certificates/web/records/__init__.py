"""Pages of the government's own records."""
