"""The government's own records: asking for them, comparing, and taking over what they say."""
