"""What this installation counts, for the operator's Prometheus: never a name, a number or an organisation."""
