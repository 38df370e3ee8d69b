"""Pages about people who leave and their workstations."""
