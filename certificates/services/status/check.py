"""Keeping the revocation status of the inventory up to date, from OCSP or the CRL of each issuer."""

import base64
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from django.db import connection, transaction

from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import Witness
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate
from certificates.services.status.note_revoked import note_revoked
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, Verdict, validate
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for

EVERY = timedelta(hours=24)


def due_certificates(*, now: datetime, most: int = 500) -> list[tuple[UUID, UUID]]:
    """Return (organisation, certificate) ids that were not asked about for a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, id FROM ehportal_certificates_to_check(%s, %s)", [now - EVERY, most]
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def check_revocation(organisation_id: UUID, certificate_id: UUID, *, now: datetime) -> None:
    """Ask OCSP or the CRL about one certificate and note the answer; call outside transactions."""
    with acting_for([organisation_id]):
        certificate = Certificate.objects.filter(pk=certificate_id).first()
    if certificate is None:
        return
    verdict = ask_status(certificate)
    with acting_for([organisation_id]):
        note_status(certificate, verdict, now=now)


def ask_status(certificate: Certificate) -> Verdict:
    """Return what OCSP or the CRL says at this moment, whatever was heard before; call outside transactions."""
    return validate(
        x509.load_der_x509_certificate(certificate.der),
        [x509.load_der_x509_certificate(base64.b64decode(der)) for der in certificate.chain],
        certificate_anchors(Environment(certificate.environment)),
        check_revocation=True,
    )


@transaction.atomic
def note_status(certificate: Certificate, verdict: Verdict, *, now: datetime) -> None:
    """Write down what was heard about a certificate; nothing that is heard later takes a revocation back."""
    rows = Certificate.objects.filter(pk=certificate.pk)
    rows.update(revocation_checked_at=now)
    if verdict.trust is Trust.REVOKED:
        note_revoked(certificate, verdict.source or Witness.AUTHORITY, revoked_at=verdict.revoked_at, now=now)
        return
    status = RevocationStatus.GOOD if verdict.trust is Trust.TRUSTED else RevocationStatus.UNKNOWN
    changed = rows.not_revoked().exclude(revocation_status=status).update(revocation_status=status)
    if changed and status is RevocationStatus.GOOD:
        record(
            certificate.organisation_id,
            "certificate_found_good",
            certificate,
            actor=Actor.platform(),
            now=now,
        )
