"""Workstations: enrolled, agreed to work for an organisation, and the proofs that they send."""
