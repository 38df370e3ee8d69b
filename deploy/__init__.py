"""Everything that is started: demo, tests, the sandbox."""
