"""Encryption tokens: registered, activated, found, and proven."""
