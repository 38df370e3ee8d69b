"""Renewals: whether and how, asking for one, and confirming the switch."""
