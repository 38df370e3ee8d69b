"""A certificate as frozen facts: everything the inventory keeps and shows, read once from the DER."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.wire.masking import holds_national_number
from agent.wire.pki.moments import has_no_end
from agent.wire.pki.reading.fields import (
    MAX_SERIAL_OCTETS,
    CertificateFields,
    NotACertificate,
    read_fields,
)
from agent.wire.pki.reading.text import ORGANISATIONAL_UNIT

USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
)
"""By the number of their bit (RFC 5280 4.2.1.3)."""
EXTENDED_USAGES = {
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "clientAuth",
    ExtendedKeyUsageOID.SERVER_AUTH.dotted_string: "serverAuth",
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: "emailProtection",
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: "codeSigning",
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "timeStamping",
}


MAX_SERIAL_DIGITS = 2 * MAX_SERIAL_OCTETS + 1
"""In hex, with a sign."""
MAX_TYPE, MAX_VALUE = 40, 11
"""Longest identifier type and value; a name with longer ones is not the eHealth platform's."""


class UnreadableCertificate(ValueError):
    """Not a certificate that can be read."""


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says. Times are UTC; hex is lower case; names are RFC 4514.

    `unread` names the fields that could not be read, whole or in part; marks stand in their place. A serial number that
    could not be read is empty.
    """

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
    holds_number: bool
    unread: tuple[str, ...] = ()

    @property
    def is_ehealth(self) -> bool:
        """True when the name is one the eHealth platform gives."""
        return bool(self.identifier_type)

    @property
    def is_personal(self) -> bool:
        """True for a natural person's certificate, whose name holds a national number."""
        return self.identifier_type == "SSIN"

    @property
    def serial_number(self) -> int | None:
        """The serial number; None where it cannot be read."""
        return int(self.serial, 16) if self.serial else None

    @property
    def middle(self) -> datetime:
        """A moment at which it was valid: half of its life, or just after its beginning where that has no end."""
        if has_no_end(self.not_after):
            return self.not_before
        return self.not_before + (self.not_after - self.not_before) / 2


def read_certificate(der: bytes) -> CertificateFacts:
    """Read the facts of a DER certificate, field by field. Raises UnreadableCertificate."""
    try:
        return facts_of(read_fields(der))
    except NotACertificate as error:
        raise UnreadableCertificate("this is not a certificate that can be read") from error


def facts_of(fields: CertificateFields) -> CertificateFacts:
    """Return the facts of a certificate that was read."""
    kind, value, application_id = _ehealth_name(fields)
    key, usages = fields.public_key(), fields.key_usage
    return CertificateFacts(
        der=fields.der,
        fingerprint=fields.fingerprint,
        public_key_identifier=fields.key_identifier,
        serial="" if "serial" in fields.unread else f"{fields.serial:x}",
        subject=fields.subject.rfc4514,
        issuer=fields.issuer.rfc4514,
        common_name=fields.common_name,
        holder_name=_holder_name(fields),
        identifier_type=kind,
        identifier_value=value,
        application_id=application_id,
        not_before=fields.not_before,
        not_after=fields.not_after,
        key_algorithm=_algorithm(key),
        key_usages=tuple(name for bit, name in enumerate(USAGES) if bit in usages),
        extended_key_usages=tuple(EXTENDED_USAGES.get(oid, oid) for oid in fields.extended_key_usages),
        crl_urls=fields.crl_urls,
        ocsp_urls=fields.ocsp_urls,
        is_authority=fields.is_authority,
        holds_number=kind == "SSIN"
        or holds_number(fields.texts(), exempt=value if kind == "NIHII11" else ""),
        unread=fields.unread if key is not None else (*fields.unread, "key"),
    )


def holds_number(texts: Iterable[str], *, exempt: str = "") -> bool:
    """Whether a national number stands in one of the texts; `exempt` is a number that only looks like one.

    The workstation's masking decides, which finds all that pages mask, and more; it looks once, over all texts.
    """
    together = "\n".join(texts)
    return holds_national_number(together.replace(exempt, "") if exempt else together)


def _ehealth_name(fields: CertificateFields) -> tuple[str, str, str]:
    name = fields.certificate_name
    if name is None or len(name.type) > MAX_TYPE or len(name.value) > MAX_VALUE:
        return "", "", ""
    return name.type, name.value, name.application_id or ""


def _holder_name(fields: CertificateFields) -> str:
    """The organisational unit that is neither `TYPE=id`, the platform's own, nor an ApplicationId before it."""
    units = fields.subject.values(ORGANISATIONAL_UNIT)
    for index, unit in enumerate(units):
        if "=" in unit and index + 1 < len(units) and not units[index + 1].startswith("eHealth-platform"):
            return units[index + 1]
    return ""


def _algorithm(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "other"
