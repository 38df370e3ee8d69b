"""Connections of an organisation's systems: made, rotated, ended, opened by their secrets, counted."""
