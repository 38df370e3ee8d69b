"""What a person reads before signing, taken from the very bytes that will be signed."""
