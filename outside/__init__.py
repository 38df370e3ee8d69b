"""Calls that leave the house: every one has a total deadline, limits, and a circuit that rests for a silent host."""
