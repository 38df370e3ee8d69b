"""The list of certificates as somebody arranges it: in which order it stands, and how its pages are turned."""
