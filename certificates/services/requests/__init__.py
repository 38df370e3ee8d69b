"""Use cases of certificate requests: from the wish to the delivered certificate."""
