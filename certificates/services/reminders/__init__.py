"""What members are reminded of by mail: one module a subject, each finding its matters for a whole organisation."""
