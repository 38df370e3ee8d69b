"""Pure rules of certificates; no database and no network here."""
