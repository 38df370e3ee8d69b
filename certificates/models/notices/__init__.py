"""What an organisation wants told of the ends of its certificates, and what it wants to hear no more of."""
