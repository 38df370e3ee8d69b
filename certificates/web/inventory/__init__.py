"""Pages of the inventory: the list, one certificate, and taking certificates in."""
