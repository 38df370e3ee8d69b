"""The identity card: its worker process, its certificates and their status, and what must hold before it signs."""
