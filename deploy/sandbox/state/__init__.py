"""What the sandbox remembers and what it was given: its store, the authentic source, messages that came in."""
