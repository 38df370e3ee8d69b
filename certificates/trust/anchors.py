"""The roots we trust, from configured PEM files: one set for identity cards, one per environment for certificates."""

from functools import lru_cache
from pathlib import Path

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.lifecycle import Environment

_NOT_PEM: tuple[type[BaseException], ...] = (OSError, *UNREADABLE)


@lru_cache(maxsize=16)
def _read(paths: tuple[str, ...]) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for path in paths:
        try:
            content = Path(path).read_bytes()
            found += [der for _name, _headers, der in pem.unarmor(content, multiple=True)]
        except _NOT_PEM as error:
            raise ImproperlyConfigured(f"The trust anchor file {path} cannot be read as PEM.") from error
    return tuple(found)


def eid_anchors() -> tuple[bytes, ...]:
    """Return the DER of the roots of identity cards."""
    return _read(tuple(settings.EID_ANCHORS))


def certificate_anchors(environment: Environment) -> tuple[bytes, ...]:
    """Return the DER of the roots (and known intermediates) of eHealth certificates in `environment`."""
    return _read(tuple(settings.CERTRA_ANCHORS[environment.value]))


def session_signers(environment: Environment) -> tuple[bytes, ...]:
    """Return the DER of the platform's I.AM certificates that may sign sessions in `environment`."""
    return _read(tuple(settings.IAM_SIGNERS[environment.value]))


def list_operators(environment: Environment) -> tuple[bytes, ...]:
    """Return the DER of those who may sign trusted lists in `environment`, as they were configured."""
    return _read(tuple(settings.TSL_OPERATORS[environment.value]))


def certificate_roots(environment: Environment) -> tuple[bytes, ...]:
    """Return the DER of the roots alone in `environment`: what a workstation verifies against."""
    return tuple(anchor for anchor in certificate_anchors(environment) if is_root(anchor))


def is_root(der: bytes) -> bool:
    """Return whether a certificate issued itself."""
    certificate = asn1_x509.Certificate.load(der)
    return bool(certificate.subject == certificate.issuer)


def asn1_of(certificate: x509.Certificate | bytes) -> asn1_x509.Certificate:
    """Return the certificate in asn1crypto's form."""
    der = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    return asn1_x509.Certificate.load(der)
