"""Checking an identity card's certificates: is one good for signing in, the other for signing a request?"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from agent.wire.pki.unreadable import UNREADABLE
from certificates.trust.anchors import eid_anchors
from certificates.trust.kept_answers import Sharing
from certificates.trust.paths import Trust, Verdict, validate
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


def check_purpose(
    certificate: x509.Certificate, chain: Sequence[x509.Certificate], *, signing: bool, now: datetime
) -> None:
    """Check all that needs no network: the key's purpose, dates, and the path to an authority of identity cards.

    For signing in: digitalSignature, not nonRepudiation; for `signing` a request: nonRepudiation. Raises
    NotAnAuthenticationCertificate, NotASignatureCertificate, CardExpired, CardRefused.
    """
    usage = _key_usage(certificate)
    if signing:
        if usage is None or not usage.content_commitment:
            raise NotASignatureCertificate
    elif usage is None or not usage.digital_signature or usage.content_commitment:
        raise NotAnAuthenticationCertificate
    _check_dates(certificate, now)
    _refuse(validate(certificate, chain, eid_anchors(), check_revocation=False))


def check_revocation(
    certificate: x509.Certificate, chain: Sequence[x509.Certificate], *, now: datetime
) -> None:
    """Ask the card's authority over the network whether it was revoked: never in a web process or a transaction.

    Raises CardExpired, CardOnHold, CardRevoked, CardStatusUnknown or CardRefused.
    """
    _check_dates(certificate, now)
    _refuse(validate(certificate, chain, eid_anchors(), check_revocation=True, sharing=Sharing.ABOVE))


def _check_dates(certificate: x509.Certificate, now: datetime) -> None:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CardExpired


def _refuse(verdict: Verdict) -> None:
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
