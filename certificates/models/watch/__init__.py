"""Tables about services that are watched."""
