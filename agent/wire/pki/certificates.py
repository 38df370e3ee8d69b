"""Reading a certificate that somebody else sent, whole and at once."""

import warnings
from collections.abc import Iterable

from cryptography import x509

from agent.wire.limits import MAX_CERTIFICATE_BYTES
from agent.wire.pki.unreadable import UNREADABLE


def read_certificate(der: bytes) -> x509.Certificate:
    """A DER certificate whose names, dates, extensions and key can all be read.

    The library reads them when they are asked for, which with a broken certificate is an error at a place that does
    not expect one. Raises ValueError for anything that cannot be read, or is too large.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise ValueError("the certificate is too large")
    certificate = load_certificate(der)
    try:
        for name in (certificate.subject, certificate.issuer):
            name.public_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            list(certificate.extensions)
        certificate.public_key()
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except UNREADABLE:
        raise ValueError("the certificate cannot be read") from None
    if begin > end:
        raise ValueError("the certificate ends before it begins")
    return certificate


def load_certificate(der: bytes) -> x509.Certificate:
    """The library's form of a certificate, of which single fields may still turn out unreadable; no warning is given.

    Raises ValueError for what the library takes for no certificate at all.
    """
    try:
        with warnings.catch_warnings():
            # It warns of strange serial numbers and versions: nothing that anybody who reads a warning could mend.
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der)
    except UNREADABLE:
        raise ValueError("the library reads no certificate there") from None


def readable(ders: Iterable[bytes]) -> list[x509.Certificate]:
    """Those of some certificates that can be read whole, in their order: an odd one is no reason to lose the others."""
    found = []
    for der in ders:
        try:
            found.append(read_certificate(der))
        except ValueError:
            continue
    return found
