"""Keeping the revocation status of the inventory up to date, from OCSP or the CRL of each issuer."""

import base64
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from django.db import connection, transaction

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import RevocationStatus
from certificates.errors import CannotCancel
from certificates.models import AgentJob, Certificate, EncryptionToken, Revocation
from certificates.models.job import JobState
from certificates.services.cancel_request import cancel_request
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, Verdict, validate
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for

EVERY = timedelta(hours=24)

STATUS = {
    Trust.TRUSTED: RevocationStatus.GOOD,
    Trust.REVOKED: RevocationStatus.REVOKED,
}


def due_certificates(*, now: datetime, most: int = 500) -> list[tuple[UUID, UUID]]:
    """Return (organisation, certificate) ids that were not asked about for a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, id FROM ehportal_certificates_to_check(%s, %s)", [now - EVERY, most]
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def check_revocation(organisation_id: UUID, certificate_id: UUID, *, now: datetime) -> None:
    """Ask about one certificate, outside any transaction, and note the answer."""
    with acting_for([organisation_id]):
        certificate = Certificate.objects.filter(pk=certificate_id).first()
    if certificate is None:
        return
    verdict = ask_status(certificate)
    with acting_for([organisation_id]):
        note_status(certificate, verdict, now=now)


def ask_status(certificate: Certificate) -> Verdict:
    """Ask OCSP or the CRL at this moment, whatever was heard before; call outside transactions."""
    return validate(
        x509.load_der_x509_certificate(certificate.der),
        [x509.load_der_x509_certificate(base64.b64decode(der)) for der in certificate.chain],
        certificate_anchors(Environment(certificate.environment)),
        check_revocation=True,
    )


@transaction.atomic
def note_status(certificate: Certificate, verdict: Verdict, *, now: datetime) -> None:
    """Write down what was heard about a certificate; when it is revoked, what lived by it ends too."""
    status = STATUS.get(verdict.trust, RevocationStatus.UNKNOWN)
    rows = Certificate.objects.filter(pk=certificate.pk)
    if status is RevocationStatus.UNKNOWN:
        # Nobody answered, or the certificate ended: that takes back no revocation.
        rows = rows.exclude(revocation_status=RevocationStatus.REVOKED)
    changed = rows.exclude(revocation_status=status).update(
        revocation_status=status, revoked_at=verdict.revoked_at
    )
    Certificate.objects.filter(pk=certificate.pk).update(revocation_checked_at=now)
    if not changed or status is RevocationStatus.UNKNOWN:
        return
    record(
        certificate.organisation_id,
        f"certificate_found_{status.value}",
        certificate,
        actor=Actor.platform(),
        now=now,
        revoked_at=verdict.revoked_at.isoformat() if verdict.revoked_at else None,
    )
    if status is RevocationStatus.REVOKED:
        _end_token(certificate, now)
        _end_unsigned_revocation(certificate, now)


def _end_token(certificate: Certificate, now: datetime) -> None:
    """A token shares its certificate's revocation: nothing can be done with it any more but opening old messages."""
    token = EncryptionToken.objects.filter(certificate=certificate).first()
    if token is None:
        return
    AgentJob.objects.filter(token=token, state=JobState.OFFERED).update(state=JobState.CLOSED)
    record(
        certificate.organisation_id,
        "token_revoked",
        certificate,
        actor=Actor.platform(),
        now=now,
        serial=token.serial,
    )


def _end_unsigned_revocation(certificate: Certificate, now: datetime) -> None:
    """Somebody else revoked it: a revocation that waits for contract or signature has nothing left to do."""
    for revocation in Revocation.objects.on_their_way().filter(certificate=certificate):
        with suppress(CannotCancel):
            cancel_request(revocation, actor=Actor.platform(), now=now)
