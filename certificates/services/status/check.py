"""Keeping the revocation status of the inventory up to date, from OCSP or the CRL of each issuer."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from agent.wire.pki.certificates import load_certificate, readable
from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import Witness
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate
from certificates.services.signing.ask_later import spread
from certificates.services.status.note_hold import note_good, note_hold
from certificates.services.status.note_revoked import note_revoked
from certificates.trust.anchors import certificate_anchors
from certificates.trust.kept_answers import Sharing
from certificates.trust.paths import Trust, Verdict, validate
from organisations.services.work.claims import plan_next
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for

EVERY = timedelta(hours=24)
"""How often a certificate is asked about, until it is revoked or ends."""


def check_revocation(organisation_id: UUID, certificate_id: UUID, *, now: datetime) -> None:
    """Ask OCSP or the CRL about one certificate, note the answer and when to ask next. Call outside transactions."""
    with acting_for([organisation_id], as_platform=True):
        certificate = Certificate.objects.filter(pk=certificate_id).first()
    if certificate is None:
        return
    verdict = ask_status(certificate, sharing=Sharing.LISTS)

    def write() -> None:
        if verdict.silence is None:
            note_status(certificate, verdict, now=now)
        else:  # it was not asked: what was known stands, and it waits until somebody found its service answering
            plan_next(Certificate, certificate.pk, max(now, verdict.silence.until) + spread(), now)

    write_down([organisation_id], write)


def ask_status(certificate: Certificate, *, sharing: Sharing = Sharing.ABOVE) -> Verdict:
    """Ask OCSP or the CRL about one certificate at this moment; call outside transactions.

    What was heard of the authorities above it may serve again, and with `sharing` also its issuer's list. Of a
    certificate that the libraries cannot read nobody can say anything: that is a verdict like any other.
    """
    try:
        leaf = load_certificate(certificate.der)
    except ValueError:
        return Verdict(Trust.NOT_TRUSTED)
    return validate(
        leaf,
        readable(certificate.above),
        certificate_anchors(Environment(certificate.environment)),
        check_revocation=True,
        sharing=sharing,
    )


@transaction.atomic
def note_status(certificate: Certificate, verdict: Verdict, *, now: datetime) -> None:
    """Write down what was heard about a certificate; nothing that is heard later takes a revocation back.

    A hold is none: it ends where somebody says "good".
    """
    rows = Certificate.objects.filter(pk=certificate.pk)
    rows.update(revocation_checked_at=now)
    if verdict.is_on_hold:
        note_hold(certificate, verdict.source or Witness.CRL, since=verdict.revoked_at, now=now)
    elif verdict.trust is Trust.REVOKED:
        note_revoked(
            certificate,
            verdict.source or Witness.AUTHORITY,
            revoked_at=verdict.revoked_at,
            reason=verdict.reason,
            now=now,
        )
    elif verdict.trust is Trust.TRUSTED:
        note_good(certificate, now=now)
    else:  # not knowing lifts no hold
        rows.filter(revocation_status=RevocationStatus.GOOD).update(
            revocation_status=RevocationStatus.UNKNOWN
        )
        # Nor does a list judge what nobody knows any more: it is asked about by itself.
        rows.update(judged_by=None, next_attempt_at=Coalesce("next_attempt_at", Value(now)))
    over = certificate.not_after <= now or rows.filter(revocation_status=RevocationStatus.REVOKED).exists()
    plan_next(Certificate, certificate.pk, None if over else now + EVERY, now)
