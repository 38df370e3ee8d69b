"""Pages of where certificates are installed."""
