"""What the pages of this installation share: the shell, refusals, and how templates write ends and commands."""
