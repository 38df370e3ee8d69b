"""Letters: written, sent once to each reader, invitations and reminders among them, and what comes back."""
