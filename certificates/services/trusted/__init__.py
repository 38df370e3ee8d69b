"""Trusted lists and the stores made of them: fetched, judged, kept, told, handed out; and who is prepared."""
