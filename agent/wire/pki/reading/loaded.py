"""Single fields of a certificate that the library has loaded, also where the library itself cannot read them."""

from typing import Final, Literal

from cryptography import x509

from agent.wire.pki.reading.text import NameTexts, elements, name_texts

_VERSION: Final = 0xA0
_SERIAL: Final = 0
_NAMES: Final = {"issuer": 2, "subject": 4}


def name_of(certificate: x509.Certificate, field: Literal["subject", "issuer"]) -> NameTexts:
    """The subject or issuer, with marks for what cannot be read."""
    return name_texts(*_field(certificate, _NAMES[field]))


def serial_of(certificate: x509.Certificate) -> int:
    """The serial number, whatever its sign: the library warns of one that is not positive."""
    tbs, start, end = _field(certificate, _SERIAL)
    return int.from_bytes(tbs[start:end], "big", signed=True)


def _field(certificate: x509.Certificate, number: int) -> tuple[bytes, int, int]:
    """The bytes around a field of the TBSCertificate (RFC 5280 4.1), and where its contents begin and end."""
    tbs = certificate.tbs_certificate_bytes
    [(_tag, _begin, content, end)] = elements(tbs)
    # The version is the only field before the serial number, and the only one that may be missing.
    parts = [part for part in elements(tbs, content, end) if part[0] != _VERSION]
    return tbs, parts[number][2], parts[number][3]
