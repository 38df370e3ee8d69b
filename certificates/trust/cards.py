"""Checking an identity card's certificates: is one good for signing in, the other for signing a request?"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from agent.wire.pki.unreadable import UNREADABLE
from certificates.trust.anchors import eid_anchors
from certificates.trust.kept_answers import Sharing
from certificates.trust.paths import Trust, validate
from organisations.errors import (
    CardExpired,
    CardOnHold,
    CardRefused,
    CardRevoked,
    CardStatusUnknown,
    NotAnAuthenticationCertificate,
    NotASignatureCertificate,
)


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except UNREADABLE:
        return None


def _check(certificate: x509.Certificate, chain: Sequence[x509.Certificate], now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CardExpired
    verdict = validate(certificate, chain, eid_anchors(), check_revocation=True, sharing=Sharing.ABOVE)
    if verdict.trust is Trust.OUT_OF_DATE:
        raise CardExpired
    if verdict.is_on_hold:
        raise CardOnHold
    if verdict.trust is Trust.REVOKED:
        raise CardRevoked
    if verdict.trust is Trust.STATUS_UNKNOWN:
        raise CardStatusUnknown
    if verdict.trust is not Trust.TRUSTED:
        raise CardRefused


def check_authentication_certificate(
    certificate: x509.Certificate, chain: Sequence[x509.Certificate], *, now: datetime
) -> None:
    """Check that the card may sign in: digitalSignature, not nonRepudiation, dates, path, revocation.

    Raises NotAnAuthenticationCertificate, CardExpired, CardRevoked, CardStatusUnknown or CardRefused.
    """
    usage = _key_usage(certificate)
    if usage is None or not usage.digital_signature or usage.content_commitment:
        raise NotAnAuthenticationCertificate
    _check(certificate, chain, now)


def check_signature_certificate(
    certificate: x509.Certificate, chain: Sequence[x509.Certificate], *, now: datetime
) -> None:
    """Check that the card may sign a request: nonRepudiation, dates, path and revocation.

    Raises NotASignatureCertificate, CardExpired, CardRevoked, CardStatusUnknown or CardRefused.
    """
    usage = _key_usage(certificate)
    if usage is None or not usage.content_commitment:
        raise NotASignatureCertificate
    _check(certificate, chain, now)
