"""Webhooks: where an organisation's own systems hear what happened, and each thing that they are told."""
