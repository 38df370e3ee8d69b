"""Use cases of organisations; each owns its transaction and writes its audit event."""
