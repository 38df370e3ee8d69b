"""Use cases of certificates; each owns its transaction and writes its audit event."""
