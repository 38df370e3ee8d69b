"""Rules about what is watched: days that matter, services that answer."""
