"""Use cases of revocations: from the wish to the evidence that the certificate is dead."""
