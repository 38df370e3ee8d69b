"""Pure rules of organisations and people; no database here."""
