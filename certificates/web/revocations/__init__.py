"""Pages of revocations."""
