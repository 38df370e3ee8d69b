"""Pages of organisations: tenancy of a request, sign-in, language, people."""
