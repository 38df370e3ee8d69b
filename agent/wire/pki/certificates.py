"""Reading a certificate that somebody else sent, whole and at once."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from agent.wire.limits import MAX_CERTIFICATE_BYTES


def read_certificate(der: bytes) -> x509.Certificate:
    """A DER certificate whose names, dates, extensions and key can all be read.

    The library reads them when they are asked for, which with a broken certificate is an error at a place that does
    not expect one. Raises ValueError for anything that cannot be read, or is too large.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise ValueError("the certificate is too large")
    try:
        certificate = x509.load_der_x509_certificate(der)
        for name in (certificate.subject, certificate.issuer):
            name.public_bytes()
        list(certificate.extensions)
        certificate.public_key()
        if certificate.not_valid_before_utc > certificate.not_valid_after_utc:
            raise ValueError("the certificate ends before it begins")
    except (
        *(TypeError, UnsupportedAlgorithm),
        *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
    ):
        raise ValueError("the certificate cannot be read") from None
    return certificate
