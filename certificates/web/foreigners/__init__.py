"""Pages of requests for care providers without a Belgian identity card."""
