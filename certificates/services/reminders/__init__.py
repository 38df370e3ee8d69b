"""What members are reminded of by mail: one module a subject, each finding its notices for a whole organisation."""
