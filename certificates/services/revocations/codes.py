"""What the government says about a certificate that is dead already."""

from django.conf import settings

from certificates.certra.errors import Rejected


def revoked_before(error: Rejected) -> bool:
    """Return whether the refusal means that this certificate was revoked before."""
    return error.says(settings.CERTRA_ALREADY_REVOKED_CODES)
