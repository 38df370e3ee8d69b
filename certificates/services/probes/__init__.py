"""Asking the government's services whether they are there, and what is known of it."""
