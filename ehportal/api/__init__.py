"""The API for systems as a whole: where it is mounted, its description, and the page that shows it."""
