"""Lists of certificates that somebody knows of: what of them stands here, and what is set on that."""
