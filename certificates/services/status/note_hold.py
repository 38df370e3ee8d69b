"""A certificate that is suspended (certificateHold, RFC 5280 5.3.1): noted with its reason, and lifted when it is.

A hold is no revocation: nothing ends with it. The token stays, a revocation that waits for its signature or for
evidence goes on waiting, and the certificate counts as not good until somebody outside says "good" again, or "revoked".
"""

from datetime import datetime

from django.db import transaction

from certificates.domain.revocation import HOLD, Witness
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate
from certificates.services.signing.ask_later import PLATFORM
from organisations.services.audit import record


@transaction.atomic
def note_hold(certificate: Certificate, witness: Witness, *, since: datetime | None, now: datetime) -> None:
    """Write down that `certificate` is suspended; says nothing about one that is revoked. Safe to repeat."""
    rows = Certificate.objects.filter(pk=certificate.pk).not_revoked()
    changed = rows.exclude(revocation_status=RevocationStatus.ON_HOLD).update(
        revocation_status=RevocationStatus.ON_HOLD, revocation_reason=HOLD, on_hold_since=since
    )
    if since is not None:  # the day may be told by the one witness and not by the other
        rows.filter(on_hold_since=None).update(on_hold_since=since)
    if changed:
        certificate.revocation_status, certificate.revocation_reason = RevocationStatus.ON_HOLD, HOLD
        record(
            certificate.organisation_id,
            "certificate_found_on_hold",
            certificate,
            actor=PLATFORM,
            now=now,
            source=witness.value,
            revoked_at=since.isoformat() if since else None,
        )


@transaction.atomic
def note_good(certificate: Certificate, *, now: datetime) -> None:
    """Write down that `certificate` is good: a hold is lifted by it, a revocation never. Safe to repeat."""
    rows = Certificate.objects.filter(pk=certificate.pk).not_revoked()
    was_held = rows.filter(revocation_status=RevocationStatus.ON_HOLD).exists()
    changed = rows.exclude(revocation_status=RevocationStatus.GOOD).update(
        revocation_status=RevocationStatus.GOOD, revocation_reason="", on_hold_since=None
    )
    if changed:
        record(
            certificate.organisation_id,
            "certificate_hold_lifted" if was_held else "certificate_found_good",
            certificate,
            actor=PLATFORM,
            now=now,
        )
