"""Trusted lists: their signature, what they say, and how one version differs from another. No model, no network."""
