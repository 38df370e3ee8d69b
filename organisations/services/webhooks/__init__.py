"""Webhooks: keeping them, telling them, and looking at what they were told."""
