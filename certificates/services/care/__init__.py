"""What people write beside certificates: tags, notes, who answers for one or wants to hear of it, views of the list."""
