"""Reasons why something about certificates cannot be done, by subject. Stable codes, no HTTP."""
