"""Calendars: what a feed shows, and how it is written down for calendar programs."""
