"""Certificates of every shape for the tests of the domain, made with small keys; nothing here touches a database."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from agent.wire.pki.names import ehealth_dn, name_from_dn

NOW = datetime.now(UTC).replace(microsecond=0)


@lru_cache(maxsize=4)
def key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def plain_name(common_name: str, *more: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    pairs = [(NameOID.COMMON_NAME, common_name), *more]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def certificate(
    subject: x509.Name | str,
    *,
    issuer: x509.Name | str | None = None,
    public_key: CertificatePublicKeyTypes | None = None,
    signer: ec.EllipticCurvePrivateKey | None = None,
    serial: int | None = None,
    not_before: datetime = NOW - timedelta(days=10),
    not_after: datetime = NOW + timedelta(days=1086),
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> x509.Certificate:
    """Return a certificate; a subject or issuer given as text is an RFC 4514 name."""
    name = name_from_dn(subject) if isinstance(subject, str) else subject
    by = name if issuer is None else name_from_dn(issuer) if isinstance(issuer, str) else issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(public_key or key().public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer or key(), hashes.SHA256())


def ehealth(
    type: str = "CBE",
    value: str = "0406798006",
    name: str = "AZ Sint-Elisabeth Maasdal",
    application_id: str | None = None,
    **fields: object,
) -> x509.Certificate:
    """Return a certificate with a name as the eHealth platform gives it."""
    return certificate(ehealth_dn(type, value, name, application_id), **fields)  # type: ignore[arg-type]  # passed on


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


def pem(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.PEM)


AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
