"""The signed XML requests: written as they will be signed, read back strictly, and their signature."""
