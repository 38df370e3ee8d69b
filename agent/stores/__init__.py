"""Key stores: what is in one, its files and names, its keys, opening, checking and rewriting it."""
