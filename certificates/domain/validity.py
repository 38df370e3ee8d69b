"""What a certificate is good for on a given day, and when it may be replaced.

Source: the eHealth platform's own page: valid 36 months, renewable in the last 90 days, never after the end.
"""

from datetime import datetime, timedelta
from enum import StrEnum

REPLACEMENT_WINDOW = timedelta(days=90)
"""Published length of the replacement period; the server's ReplacementPeriodStartDate is stronger where known."""


class RevocationStatus(StrEnum):
    """What OCSP or the CRL last said."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class CertificateStatus(StrEnum):
    """One word for the state of a certificate."""

    VALID = "valid"
    RENEWABLE = "renewable"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"


def window_start(not_after: datetime, replaceable_from: datetime | None) -> datetime:
    """Return when the replacement period begins: as the government told, else 90 days before the end."""
    return not_after - REPLACEMENT_WINDOW if replaceable_from is None else replaceable_from


def status_of(
    not_before: datetime,
    not_after: datetime,
    revocation: RevocationStatus,
    now: datetime,
    replaceable_from: datetime | None = None,
) -> CertificateStatus:
    """Return the status at `now`; revocation outweighs dates, the end outweighs a later `replaceable_from`."""
    if revocation is RevocationStatus.REVOKED:
        return CertificateStatus.REVOKED
    if now < not_before:
        return CertificateStatus.NOT_YET_VALID
    if now >= not_after:
        return CertificateStatus.EXPIRED
    if now >= window_start(not_after, replaceable_from):
        return CertificateStatus.RENEWABLE
    return CertificateStatus.VALID
