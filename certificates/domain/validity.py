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
    ON_HOLD = "on_hold"
    """Suspended (certificateHold): not good, and not final either; whoever set it may lift it."""


class CertificateStatus(StrEnum):
    """One word for the state of a certificate."""

    VALID = "valid"
    RENEWABLE = "renewable"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    NOT_RECOGNISED = "not_recognised"
    """Its chain leads to no anchor: anybody can make a certificate that bears a name."""


ALIVE = frozenset({CertificateStatus.VALID, CertificateStatus.RENEWABLE})
"""What works today."""


def window_start(not_after: datetime, replaceable_from: datetime | None) -> datetime:
    """Return when the replacement period begins: as the government told, else 90 days before the end."""
    return not_after - REPLACEMENT_WINDOW if replaceable_from is None else replaceable_from


def status_of(
    not_before: datetime,
    not_after: datetime,
    revocation: RevocationStatus,
    now: datetime,
    replaceable_from: datetime | None = None,
    recognised: bool = True,
) -> CertificateStatus:
    """Return the status at `now`: what is final first, the end outweighs a later `replaceable_from`.

    `recognised` says whether the chain leads to an anchor: without one the dates prove nothing.
    """
    if revocation is RevocationStatus.REVOKED:
        return CertificateStatus.REVOKED
    if not recognised:
        return CertificateStatus.NOT_RECOGNISED
    if now >= not_after:
        return CertificateStatus.EXPIRED
    if revocation is RevocationStatus.ON_HOLD:
        return CertificateStatus.ON_HOLD
    if now < not_before:
        return CertificateStatus.NOT_YET_VALID
    if now >= window_start(not_after, replaceable_from):
        return CertificateStatus.RENEWABLE
    return CertificateStatus.VALID


LAST_DAYS = timedelta(days=30)
"""So long before its end nothing calls a certificate simply valid, whatever day the government told for renewal."""


class Standing(StrEnum):
    """What lists, counts and plots call a certificate: its status, and what is going on with it."""

    RENEWABLE = "renewable"
    ENDS_SOON = "ends_soon"
    """In its last days, and the government does not renew it yet."""
    VALID = "valid"
    RENEWED = "renewed"
    """Still valid, and a later one has taken over."""
    BEING_REVOKED = "being_revoked"
    """Still valid, and a revocation of it is on its way."""
    ON_HOLD = "on_hold"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    NOT_RECOGNISED = "not_recognised"


def standing_of(
    status: CertificateStatus, not_after: datetime, now: datetime, *, renewed: bool, ending: bool
) -> Standing:
    """Return the standing of a certificate in `status`; what is going on counts only while it is good."""
    if status not in ALIVE:
        return Standing(status.value)
    if ending:
        return Standing.BEING_REVOKED
    if renewed:
        return Standing.RENEWED
    if status is CertificateStatus.VALID and not_after - now <= LAST_DAYS:
        return Standing.ENDS_SOON
    return Standing(status.value)
