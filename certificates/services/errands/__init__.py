"""Errands: calls to the outside that somebody waits for, made by a worker and told to who asked."""
