"""The proof that a certificate logs in: a session asked of the platform's token service, and its answer verified."""
