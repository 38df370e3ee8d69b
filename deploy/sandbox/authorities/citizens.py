"""The certificates of an identity card, under the citizen authority, shaped like a real card's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.sandbox.authorities import revocation
from deploy.sandbox.authorities.pki import YEAR, Pki, key_usage, record
from deploy.sandbox.state.organisation_types import is_ssin
from deploy.sandbox.state.store import Store

ALGORITHMS = ("rsa", "p384")
PURPOSES = ("authentication", "signature")
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
# QcCompliance and QcSSCD (ETSI EN 319 412-5 4.2.1, 4.2.2), as on every qualified certificate.
QUALIFIED = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), bytes.fromhex("30143008060604008e4601013008060604008e460104")
)


@dataclass(frozen=True)
class Person:
    """Who a card is for; first names are separated by spaces, as on the card."""

    ssin: str
    first_names: str
    surname: str


@dataclass(frozen=True)
class Identity:
    """Keys and certificates of one card."""

    person: Person
    authentication_key: PrivateKey
    authentication: x509.Certificate
    signature_key: PrivateKey
    signature: x509.Certificate
    authority: x509.Certificate
    root: x509.Certificate


def make_identity(
    pki: Pki,
    store: Store,
    person: Person,
    now: datetime,
    *,
    algorithm: str = "rsa",
    expired: bool = False,
    without_nonrepudiation: bool = False,
    revoked: str | None = None,
) -> Identity:
    """New keys (rsa: 2048 bits; p384) and certificates for a person; a card lives ten years.

    `expired` ends it a month ago; `without_nonrepudiation` makes a Signature certificate that was never
    activated for signing; `revoked` names the certificate (authentication, signature) that is revoked at
    once. Raises ValueError.
    """
    if not is_ssin(person.ssin) or algorithm not in ALGORITHMS or revoked not in (None, *PURPOSES):
        raise ValueError("The SSIN, the algorithm or the certificate to revoke is not valid.")
    moment = now.replace(microsecond=0)
    begin = moment - (10 * YEAR + timedelta(days=30) if expired else 4 * YEAR)
    validity = (max(begin, pki["citizen-ca"].certificate.not_valid_before_utc), begin + 10 * YEAR)
    keys = {purpose: _new_key(algorithm) for purpose in PURPOSES}
    usages = {
        "authentication": key_usage("digital_signature"),
        "signature": key_usage("digital_signature" if without_nonrepudiation else "content_commitment"),
    }
    certificates = {
        purpose: pki["citizen-ca"].sign(
            _subject(person, purpose.capitalize()),
            keys[purpose].public_key(),
            validity,
            _extensions(purpose, usages[purpose]),
        )
        for purpose in PURPOSES
    }
    with store.transaction() as db:
        for purpose, certificate in certificates.items():
            record(db, "citizen-ca", certificate, purpose, person.ssin)
    if revoked:
        serial = f"{certificates[revoked].serial_number:x}"
        revocation.revoke(store, "citizen-ca", serial, "unspecified", now)
    return Identity(
        person,
        keys["authentication"],
        certificates["authentication"],
        keys["signature"],
        certificates["signature"],
        pki["citizen-ca"].certificate,
        pki["citizen-root"].certificate,
    )


def _new_key(algorithm: str) -> PrivateKey:
    if algorithm == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _subject(person: Person, purpose: str) -> x509.Name:
    called = person.first_names.split(" ")[0]
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{called} {person.surname} ({purpose})"),
            x509.NameAttribute(NameOID.SURNAME, person.surname),
            x509.NameAttribute(NameOID.GIVEN_NAME, person.first_names),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, person.ssin),
        ]
    )


def _extensions(purpose: str, usage: x509.KeyUsage) -> list[tuple[x509.ExtensionType, bool]]:
    # The arc of the real citizen authority: 2.1 for qualified signatures, 2.2 for authentication.
    policy = x509.ObjectIdentifier(f"2.16.56.12.1.1.2.{1 if purpose == 'signature' else 2}")
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (usage, True),
        (x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), False),
    ]
    if purpose == "signature":
        extensions.append((QUALIFIED, False))
    else:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    return extensions
