"""Pages of renewals and of the switch to a successor."""
