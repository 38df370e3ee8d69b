"""The platform's own certificates: found in the lists and in the settings, or given as files; and when they switch."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog
from asn1crypto import pem
from cryptography import x509
from cryptography.x509.oid import NameOID
from django.db import transaction

from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import ListKind, ServiceKind
from certificates.errors.trusted import CertificateGivenUnreadable
from certificates.models import PlatformCertificate
from certificates.models.trusted.platform import MAX_TOLD_BY, Source, Use
from certificates.trust.anchors import session_signers
from certificates.trust.lists.acceptance import digest_of
from certificates.trust.lists.reading import ListedService
from certificates.trust.stores.names import subject_of
from organisations.services.notices.look import wake_all

MOST_FILE_BYTES, MOST_IN_FILE = 256 * 1024, 20
log = structlog.get_logger(__name__)


def note_listed(
    environment: Environment, kind: ListKind, services: Iterable[ListedService], *, now: datetime
) -> None:
    """Note the platform's own certificates that a verified list holds: servers, and who stamps."""
    for service in services:
        for der in service.certificates:
            if kind is ListKind.TRANSPORT:
                if service.kind is not None and _is_leaf(der):
                    note(environment, Use.TLS, der, Source.LIST, now=now)
            elif kind is ListKind.APPLICATION and service.kind is ServiceKind.TIMESTAMPS:
                note(environment, Use.TIMESTAMPS, der, Source.LIST, now=now)


def note_session_signers(environment: Environment, *, now: datetime) -> None:
    """Note the I.AM certificates that are configured."""
    for der in session_signers(environment):
        note(environment, Use.SESSIONS, der, Source.SETTINGS, now=now)


def import_file(
    environment: Environment,
    use: Use,
    content: bytes,
    *,
    switch_at: datetime | None,
    told_by: str,
    now: datetime,
) -> int:
    """Note the certificates of a PEM or DER file that somebody obtained and checked; return how many were new.

    Raises CertificateGivenUnreadable.
    """
    if len(content) > MOST_FILE_BYTES:
        raise CertificateGivenUnreadable
    try:
        ders = (
            [der for _name, _headers, der in pem.unarmor(content, multiple=True)]
            if pem.detect(content)
            else [content]
        )
        certificates = [der for der in ders if not is_authority(der)]
    except UNREADABLE:
        raise CertificateGivenUnreadable from None
    if not certificates or len(certificates) > MOST_IN_FILE:
        raise CertificateGivenUnreadable
    return sum(
        note(environment, use, der, Source.FILE, switch_at=switch_at, told_by=told_by, now=now)
        for der in certificates
    )


def note(
    environment: Environment,
    use: Use,
    der: bytes,
    source: Source,
    *,
    now: datetime,
    switch_at: datetime | None = None,
    told_by: str = "",
) -> bool:
    """Keep a certificate of the platform, once; return whether it is new. What cannot be read is left out."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        ends, begins = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        issuer = certificate.issuer.rfc4514_string()
    except UNREADABLE:
        return False
    _row, made = PlatformCertificate.objects.get_or_create(
        environment=environment,
        use=use,
        fingerprint=digest_of(der),
        defaults={
            "der": der,
            "name": (str(names[0].value) if names else subject_of(der))[:300],
            "issuer": issuer[:1000],
            "not_before": begins,
            "not_after": ends,
            "switch_at": switch_at,
            "source": source,
            "told_by": told_by[:MAX_TOLD_BY],
            "noted_at": now,
        },
    )
    return made


def set_switch(certificate_id: UUID, *, switch_at: datetime | None, told_by: str) -> bool:
    """Write down from when the platform uses a certificate, as it announced; False where there is none."""
    rows = PlatformCertificate.objects.filter(pk=certificate_id)
    with transaction.atomic():
        done = bool(rows.update(switch_at=switch_at, told_by=told_by[:MAX_TOLD_BY]))
        if done and switch_at is not None:
            wake_all()
    log.info("platform_switch_noted", certificate=str(certificate_id), by=told_by)
    return done


def _is_leaf(der: bytes) -> bool:
    try:
        return not is_authority(der)
    except UNREADABLE:
        return False


def is_authority(der: bytes) -> bool:
    """Return whether a certificate is an authority's. Raises what reading it raises."""
    extensions = x509.load_der_x509_certificate(der).extensions
    try:
        return bool(extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
