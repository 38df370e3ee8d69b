"""The composition root: settings, mounts and the page shell. Nothing imports it."""
