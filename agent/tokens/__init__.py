"""Encryption tokens: made, activated, and proven by a self test."""
