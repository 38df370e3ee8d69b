"""The authorities: two for each environment, and the one that stands behind identity cards.

Names, extensions and their order follow the public certificates of the real authorities; keys are smaller
(RSA 3072), because a test run makes new ones. Private keys never leave `pki/private` (owner only).
"""

import logging
import os
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from deploy.sandbox.state.store import Store, to_text

log = logging.getLogger(__name__)

ENVIRONMENTS = ("production", "acceptance")
YEAR = timedelta(days=365)
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class SandboxNotStarted(Exception):
    """The authorities do not exist yet: their certificates name addresses that only a first start decides."""


@dataclass(frozen=True)
class Plan:
    """What an authority is called, who signs it, where it answers, and for how long it lives."""

    key: str
    listener: str
    slug: str
    parent: str | None
    common_name: str
    organisation: str | None
    number: str | None
    since_years: int
    until_years: int

    @property
    def file(self) -> str:
        """Where its public certificate stands, below `pki/`."""
        folder, _, leaf = self.key.partition("-")
        return f"{folder}/{leaf}.pem"


def _plans() -> tuple[Plan, ...]:
    maker, plans = "EHPORTAL SANDBOX", []
    for environment, prefix in (("production", ""), ("acceptance", "TEST-")):
        root, issuing = f"{environment}-root", f"{environment}-issuing"
        title = f"{prefix}Sandbox eHealth {environment}"
        plans.append(Plan(root, environment, "root", None, f"{title} root CA 001", maker, "001", 8, 17))
        plans.append(
            Plan(issuing, environment, "issuing", root, f"{title} issuing CA 001", maker, "001", 7, 10)
        )
    plans.append(
        Plan("citizen-root", "production", "citizen-root", None, "Sandbox Belgium Root CA", None, None, 9, 16)
    )
    plans.append(
        Plan(
            "citizen-ca",
            "production",
            "citizen-ca",
            "citizen-root",
            "Sandbox Citizen CA",
            None,
            "202601",
            8,
            12,
        )
    )
    return tuple(plans)


PLANS = {plan.key: plan for plan in _plans()}


@dataclass(frozen=True)
class Authority:
    """One certificate authority with its keys and its OCSP responder (RFC 6960 4.2.2.2, delegated)."""

    plan: Plan
    base: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    responder_certificate: x509.Certificate
    responder_key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The authority's own certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def sign(
        self,
        subject: x509.Name,
        public_key: PublicKey,
        validity: tuple[datetime, datetime],
        extensions: list[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        """A certificate below this authority, with the addresses where its status is told."""
        extensions = [*extensions, *_status_addresses(self.plan, self.base)]
        return _certificate(subject, public_key, validity, extensions, self.certificate, self.key)


class Pki:
    """All authorities of one sandbox."""

    def __init__(self, authorities: dict[str, Authority]) -> None:
        self._authorities = authorities

    def __getitem__(self, key: str) -> Authority:
        return self._authorities[key]

    def at(self, listener: str, slug: str) -> Authority | None:
        """The authority that answers under this name on this environment's address."""
        for authority in self._authorities.values():
            if (authority.plan.listener, authority.plan.slug) == (listener, slug):
                return authority
        return None

    @classmethod
    def load(cls, state: Path, store: Store) -> "Pki":
        """The authorities of a sandbox that was started before; raises SandboxNotStarted otherwise."""
        folder, bases = state / "pki", store.setting("pki_addresses")
        if bases is None or not (folder / "complete").exists():
            raise SandboxNotStarted(
                "Start the sandbox once before making cards: certificates name its addresses."
            )
        authorities = {}
        for key, plan in PLANS.items():
            private = folder / "private"
            ca_key = serialization.load_pem_private_key((private / f"{key}.key").read_bytes(), None)
            responder_key = serialization.load_pem_private_key(
                (private / f"{key}-ocsp.key").read_bytes(), None
            )
            if not isinstance(ca_key, rsa.RSAPrivateKey) or not isinstance(
                responder_key, ec.EllipticCurvePrivateKey
            ):
                raise TypeError(f"The key files of {key} hold another kind of key than this program writes.")
            authorities[key] = Authority(
                plan,
                bases[plan.listener],
                x509.load_pem_x509_certificate((folder / plan.file).read_bytes()),
                ca_key,
                x509.load_pem_x509_certificate((private / f"{key}-ocsp.pem").read_bytes()),
                responder_key,
            )
        return cls(authorities)

    @classmethod
    def open(cls, state: Path, store: Store, bases: dict[str, str], now: datetime) -> "Pki":
        """The authorities of this state folder, made on the first start; `bases` are today's addresses."""
        if not (state / "pki" / "complete").exists():
            _make_all(state / "pki", store, bases, now)
        elif store.setting("pki_addresses") != bases:
            log.warning("addresses changed: certificates made before still name the old ones")
        store.put_setting("pki_addresses", bases)
        return cls.load(state, store)


def serial_number() -> int:
    """63 random bits that always fill eight octets, like the real authority's."""
    return secrets.randbits(62) | 1 << 62


def record(
    db: sqlite3.Connection, authority: str, certificate: x509.Certificate, kind: str, holder: str
) -> None:
    """Note what an authority has signed: status questions are answered from this list."""
    db.execute(
        "INSERT INTO issued (authority, serial, kind, holder, not_after) VALUES (?, ?, ?, ?, ?)",
        (authority, f"{certificate.serial_number:x}", kind, holder, to_text(certificate.not_valid_after_utc)),
    )


def key_usage(*purposes: str) -> x509.KeyUsage:
    """The extension with only these bits on (RFC 5280 4.2.1.3)."""
    names = [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ]
    return x509.KeyUsage(**{name: name in purposes for name in names})


def _make_all(folder: Path, store: Store, bases: dict[str, str], now: datetime) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: dict[str, tuple[x509.Certificate, rsa.RSAPrivateKey]] = {}
    moment = now.replace(microsecond=0)
    for key, plan in PLANS.items():
        ca_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        validity = (moment - plan.since_years * YEAR, moment + plan.until_years * YEAR)
        parent = made.get(plan.parent or "")
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=True, path_length=0 if plan.parent else None), True),
            (key_usage("key_cert_sign", "crl_sign"), True),
            (
                x509.CertificatePolicies(
                    [x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)]
                ),
                False,
            ),
        ]
        if plan.parent:
            extensions += _status_addresses(PLANS[plan.parent], bases[plan.listener])
        issuer, signer = parent or (None, ca_key)
        certificate = _certificate(
            _authority_name(plan), ca_key.public_key(), validity, extensions, issuer, signer
        )
        made[key] = (certificate, ca_key)
        responder_key = ec.generate_private_key(ec.SECP256R1())
        responder = _certificate(
            _authority_name(plan, suffix=" OCSP responder"),
            responder_key.public_key(),
            validity,
            [
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (key_usage("digital_signature"), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
                (x509.OCSPNoCheck(), False),
            ],
            certificate,
            ca_key,
        )
        _write_private(private / f"{key}.key", ca_key)
        _write_private(private / f"{key}-ocsp.key", responder_key)
        (private / f"{key}-ocsp.pem").write_bytes(responder.public_bytes(serialization.Encoding.PEM))
        public = folder / plan.file
        public.parent.mkdir(exist_ok=True)
        public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        with store.transaction() as db:
            if plan.parent:
                record(db, plan.parent, certificate, "authority", key)
            record(db, key, responder, "responder", key)
    (folder / "complete").touch()


def _authority_name(plan: Plan, suffix: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "BE")]
    if plan.organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, plan.organisation))
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, plan.number or ""))
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, plan.common_name + suffix))
    if plan.number and not plan.organisation:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, plan.number))
    return x509.Name(attributes)


def _status_addresses(plan: Plan, base: str) -> list[tuple[x509.ExtensionType, bool]]:
    """Where the issuer's certificate, list and responder are (RFC 5280 4.2.1.13, 4.2.2.1)."""
    ocsp, issuers = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS
    uri = x509.UniformResourceIdentifier
    access = [
        x509.AccessDescription(issuers, uri(f"{base}/pki/{plan.slug}.crt")),
        x509.AccessDescription(ocsp, uri(f"{base}/ocsp/{plan.slug}")),
    ]
    point = x509.DistributionPoint([uri(f"{base}/pki/{plan.slug}.crl")], None, None, None)
    return [(x509.AuthorityInformationAccess(access), False), (x509.CRLDistributionPoints([point]), False)]


def _certificate(
    subject: x509.Name,
    public_key: PublicKey,
    validity: tuple[datetime, datetime],
    extensions: list[tuple[x509.ExtensionType, bool]],
    issuer: x509.Certificate | None,
    signer: rsa.RSAPrivateKey,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, hashes.SHA256())


def _write_private(path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
