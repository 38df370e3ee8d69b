"""The one way in which a certificate becomes revoked, whoever tells of it, and everything that ends with it.

Nothing takes a revocation back: RFC 5280 5.3.1 and RFC 6960 2.2 know one exception, certificateHold (note_hold), and
the four reasons of CertRA are none. A responder that says "good" afterwards answers from an older list. Only where the
government's record alone had told it may a person take over that the record has changed its mind (records/decide.py).
"""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from certificates.domain.revocation import REVOCATION_AWAITS_EVIDENCE, RevocationState, Witness
from certificates.domain.validity import RevocationStatus
from certificates.errors.requests import CannotCancel
from certificates.models import AgentJob, Certificate, EncryptionToken, Revocation
from certificates.models.job import JobState
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.cancel import cancel_request
from certificates.services.signing.transition import move
from organisations.services.audit import Actor, record

WITNESSES = frozenset({Witness.OCSP, Witness.CRL, Witness.CERTIFICATE_INFO})
"""Who speaks of the certificate itself; a revoked authority above it proves nothing about our revocation."""


@transaction.atomic
def note_revoked(
    certificate: Certificate,
    witness: Witness,
    *,
    revoked_at: datetime | None = None,
    reason: str = "",
    actor: Actor = PLATFORM,
    now: datetime,
) -> None:
    """Mark `certificate` as revoked, end its token, and complete or end the revocations that wait. Safe to repeat.

    The government's record does not tell since when: OCSP or the CRL fills that in when it is heard.
    """
    since, why = (revoked_at, reason) if witness in WITNESSES else (None, "")
    rows = Certificate.objects.filter(pk=certificate.pk)
    became = rows.not_revoked().update(
        revocation_status=RevocationStatus.REVOKED,
        revoked_at=since,
        revocation_reason=why,
        on_hold_since=None,
    )
    dated = (
        not became and since and rows.filter(revoked_at=None).update(revoked_at=since, revocation_reason=why)
    )
    certificate.revocation_status = RevocationStatus.REVOKED
    if became or dated:
        certificate.revoked_at, certificate.revocation_reason = since, why
        record(
            certificate.organisation_id,
            "certificate_found_revoked",
            certificate,
            actor=actor,
            now=now,
            source=witness.value,
            revoked_at=revoked_at.isoformat() if revoked_at else None,
            revocation_reason=why,
        )
    if became:
        _end_token(certificate, now)
        _end_unsigned_revocation(certificate, now)
    if witness in WITNESSES:
        _complete_revocation(certificate, witness, revoked_at, actor, now)


def is_proven(certificate: Certificate) -> bool:
    """Return whether more than the government's record alone says that it is revoked.

    OCSP or the CRL told since when, as nobody else can; or the government took a revocation from here.
    """
    completed = Revocation.objects.filter(certificate=certificate, state=RevocationState.COMPLETED)
    return certificate.revoked_at is not None or completed.exists()


def awaits_evidence(certificate: Certificate) -> bool:
    """Return whether a revocation of `certificate` was signed here and only evidence ends it."""
    waiting = Revocation.objects.filter(certificate=certificate, state__in=REVOCATION_AWAITS_EVIDENCE)
    return waiting.exists()


def _end_token(certificate: Certificate, now: datetime) -> None:
    """Close the jobs on the token and record its end: all that it is good for now is opening old messages."""
    token = EncryptionToken.objects.filter(certificate=certificate).first()
    if token is None:
        return
    AgentJob.objects.filter(token=token, state=JobState.OFFERED).update(state=JobState.CLOSED)
    record(
        certificate.organisation_id,
        "token_revoked",
        certificate,
        actor=PLATFORM,
        now=now,
        serial=token.serial,
    )


def _end_unsigned_revocation(certificate: Certificate, now: datetime) -> None:
    """End a revocation that waits for contract or signature, since somebody else revoked the certificate."""
    for revocation in Revocation.objects.on_their_way().filter(certificate=certificate).order_by("pk"):
        with suppress(CannotCancel):
            cancel_request(revocation, actor=PLATFORM, now=now)


def _complete_revocation(
    certificate: Certificate, witness: Witness, revoked_at: datetime | None, actor: Actor, now: datetime
) -> None:
    """Complete the signed revocation that waits for evidence, and keep the evidence with it."""
    told: dict[str, object] = {
        "source": witness.value,
        "revoked_at": revoked_at.isoformat() if revoked_at else None,
    }
    waiting = Revocation.objects.filter(certificate=certificate, state__in=REVOCATION_AWAITS_EVIDENCE)
    for revocation in waiting.select_for_update(of=("self",)).select_related("certificate").order_by("pk"):
        evidence = told | {"checked_at": now.isoformat()}
        move(revocation, RevocationState.COMPLETED, actor=actor, now=now, evidence=evidence, details=told)
