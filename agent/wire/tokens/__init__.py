"""Encryption tokens as both sides check them: challenge, the holder's certificate, the token, its signature."""
