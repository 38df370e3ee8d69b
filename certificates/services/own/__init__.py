"""A care provider's own certificate."""
