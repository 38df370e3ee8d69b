"""Bytes to the government and back: one bounded exchange, and the answer out of whatever a gateway put around it."""
