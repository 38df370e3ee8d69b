"""Tables of connections: by what systems of an organisation come in, and what they were answered."""
