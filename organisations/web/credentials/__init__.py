"""Pages of connections: what systems of the organisation come in, with what, and until when."""
