"""What an operator does and sees: preparing, starting, whether all is well, and how the work stands."""
