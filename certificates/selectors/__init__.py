"""Questions that pages, API and services ask, by subject; all of them see only named organisations."""
