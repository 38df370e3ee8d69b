"""Members: inviting them, taking roles away, and what the invited see."""
