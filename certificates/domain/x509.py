"""A certificate as frozen facts: everything the inventory keeps and shows, read once from the DER."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from unicodedata import category

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from agent.wire.errors import NameMalformed
from agent.wire.pki.keys import public_key_identifier
from agent.wire.pki.names import certificate_name

USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
EXTENDED_USAGES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
}


MAX_SERIAL_BITS = 168
"""RFC 5280 4.1.2.2 allows 20 octets; one more for authorities that forget the sign."""
MAX_TYPE, MAX_VALUE = 40, 11
"""Longest identifier type and value; a name with longer ones is not the eHealth platform's."""


NAMES = {NameOID.SERIAL_NUMBER: "SERIALNUMBER", NameOID.SURNAME: "SN", NameOID.GIVEN_NAME: "GN"}
"""Attributes of Belgian names that RFC 4514 has no short word for."""


class UnreadableCertificate(ValueError):
    """Not a certificate that can be read."""


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says. Times are UTC; hex is lower case; names are RFC 4514."""

    der: bytes
    fingerprint: str
    public_key_identifier: str
    serial: str
    subject: str
    issuer: str
    common_name: str
    holder_name: str
    identifier_type: str
    identifier_value: str
    application_id: str
    not_before: datetime
    not_after: datetime
    key_algorithm: str
    key_usages: tuple[str, ...]
    extended_key_usages: tuple[str, ...]
    crl_urls: tuple[str, ...]
    ocsp_urls: tuple[str, ...]
    is_authority: bool

    @property
    def is_ehealth(self) -> bool:
        """True when the name is one the eHealth platform gives."""
        return bool(self.identifier_type)

    @property
    def is_personal(self) -> bool:
        """True for a natural person's certificate, whose name holds a national number."""
        return self.identifier_type == "SSIN"


def read_certificate(der: bytes) -> CertificateFacts:
    """Read the facts of a DER certificate. Raises UnreadableCertificate."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return facts_of(certificate, der)
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise UnreadableCertificate("this is not a certificate that can be read") from error


def facts_of(certificate: x509.Certificate, der: bytes) -> CertificateFacts:
    """Return the facts of a parsed certificate."""
    name = _ehealth_name(certificate)
    if certificate.serial_number.bit_length() > MAX_SERIAL_BITS:
        raise ValueError("a serial number longer than any authority gives")
    extensions = certificate.extensions
    return CertificateFacts(
        der=der,
        fingerprint=hashlib.sha256(der).hexdigest(),
        public_key_identifier=public_key_identifier(certificate.public_key()),
        serial=f"{certificate.serial_number:x}",
        subject=_line(certificate.subject.rfc4514_string(NAMES)),
        issuer=_line(certificate.issuer.rfc4514_string(NAMES)),
        common_name=_common_name(certificate.subject),
        holder_name=_holder_name(certificate.subject),
        identifier_type=name[0],
        identifier_value=name[1],
        application_id=name[2],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_algorithm=_algorithm(certificate),
        key_usages=_usages(extensions),
        extended_key_usages=_extended_usages(extensions),
        crl_urls=_crl_urls(extensions),
        ocsp_urls=_ocsp_urls(extensions),
        is_authority=_is_authority(extensions),
    )


def _ehealth_name(certificate: x509.Certificate) -> tuple[str, str, str]:
    try:
        name = certificate_name(certificate.subject)
    except NameMalformed:
        return "", "", ""
    if len(name.type) > MAX_TYPE or len(name.value) > MAX_VALUE:
        return "", "", ""
    return name.type, name.value, name.application_id or ""


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _line(found[0].value) if found else _line(name.rfc4514_string())


def _line(value: str | bytes) -> str:
    """Return a name's value as one line of text: no database column holds NUL, no screen shows controls."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    return "".join("\N{REPLACEMENT CHARACTER}" if category(one) in {"Cc", "Cs"} else one for one in text)


def _holder_name(name: x509.Name) -> str:
    """The organisational unit that is neither `TYPE=id`, the platform's own, nor an ApplicationId before it."""
    units = [_line(unit.value) for unit in name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    for index, unit in enumerate(units):
        if "=" in unit and index + 1 < len(units) and not units[index + 1].startswith("eHealth-platform"):
            return units[index + 1]
    return ""


def _algorithm(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "other"


def _usages(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name for attribute, name in USAGES if getattr(usage, attribute))


def _extended_usages(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(EXTENDED_USAGES.get(oid, oid.dotted_string) for oid in usages)


def _crl_urls(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        _line(name.value)
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def _ocsp_urls(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        accesses = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        _line(access.access_location.value)
        for access in accesses
        if access.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(access.access_location, x509.UniformResourceIdentifier)
    )


def _is_authority(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
