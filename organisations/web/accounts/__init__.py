"""What allauth may do here, and in which words: its adapters, forms, letters, and the door to a first password."""
