"""Rules about what is watched: days that matter and who hears of them, services that answer."""
