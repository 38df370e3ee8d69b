"""Pages of what waits for a holder's card."""
