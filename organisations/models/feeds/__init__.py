"""Tables of feeds: what programs read without a session."""
