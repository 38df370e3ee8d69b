"""Contracts: the words that somebody agrees to, and how an issued one is recognised again."""
