"""Revocation status: asking about it, and the one way in which a certificate becomes revoked."""
