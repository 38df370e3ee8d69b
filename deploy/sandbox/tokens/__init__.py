"""The ETK-RA and the depot's tokens."""
