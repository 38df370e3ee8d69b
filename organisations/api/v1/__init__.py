"""The first version of the API for systems: people, mandates and the record."""
