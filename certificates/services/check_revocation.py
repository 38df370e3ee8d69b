"""Keeping the revocation status of the inventory up to date, from OCSP or the CRL of each issuer."""

import base64
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from django.db import connection, transaction

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import RevocationStatus
from certificates.models import Certificate
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, validate
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
    verdict = validate(
        x509.load_der_x509_certificate(certificate.der),
        [x509.load_der_x509_certificate(base64.b64decode(der)) for der in certificate.chain],
        certificate_anchors(Environment(certificate.environment)),
        check_revocation=True,
    )
    status = STATUS.get(verdict.trust, RevocationStatus.UNKNOWN)
    with acting_for([organisation_id]), transaction.atomic():
        rows = Certificate.objects.filter(pk=certificate_id)
        if status is RevocationStatus.UNKNOWN:
            # Nobody answered, or the certificate ended: that takes back no revocation.
            rows = rows.exclude(revocation_status=RevocationStatus.REVOKED)
        changed = rows.exclude(revocation_status=status).update(
            revocation_status=status, revoked_at=verdict.revoked_at
        )
        Certificate.objects.filter(pk=certificate_id).update(revocation_checked_at=now)
        if changed and status is not RevocationStatus.UNKNOWN:
            record(
                organisation_id,
                f"certificate_found_{status.value}",
                certificate,
                actor=Actor.platform(),
                now=now,
                revoked_at=verdict.revoked_at.isoformat() if verdict.revoked_at else None,
            )
