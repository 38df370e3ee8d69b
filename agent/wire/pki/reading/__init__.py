"""Certificates that are only read, not believed: found in any bytes, and read field by field."""
