"""What an operator does and sees: preparing, starting, and whether all is well."""
