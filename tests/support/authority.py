"""An invented eHealth authority: root, issuing authority, ETK-RA, and certificates of systems with their keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from agent.wire.pki.names import ehealth_dn, name_from_dn

NAMES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
DN = ehealth_dn("CBE", "0406798006", "AZ MAASDAL", None)


def usage(*names: str) -> x509.KeyUsage:
    """A key usage with these bits."""
    return x509.KeyUsage(**{name: name in names for name in NAMES})


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    """One of the keys that all tests share: making one takes longer than using it."""
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class EhealthCertificate:
    """A system's certificate, its key and its chain without the root."""

    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        """The leaf."""
        return self.chain[0]


class Authority:
    """Root and issuing authority, with an ETK-RA below it; keys are shared between authorities unless `first` moves."""

    def __init__(self, first: int = 0, *, name: str = "Test eHealth") -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        self.begin, self.end = now - timedelta(days=200), now + timedelta(days=900)
        self._root_key, self._issuing_key, self.etk_ra_key = key(first), key(first + 1), key(first + 2)
        authority = [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (usage("key_cert_sign", "crl_sign"), True),
        ]
        root, issuing = (_common(f"{name} {rank}") for rank in ("Root", "Issuing CA"))
        self.root = self.sign(root, self._root_key.public_key(), authority, issuer=root, by=self._root_key)
        self.issuing = self.sign(
            issuing, self._issuing_key.public_key(), authority, issuer=root, by=self._root_key
        )
        self.etk_ra = self.sign(
            _common(f"{name} ETK-RA"),
            self.etk_ra_key.public_key(),
            [(usage("digital_signature", "content_commitment"), True)],
        )
        self.anchors = (self.root, self.issuing)

    def sign(
        self,
        subject: x509.Name,
        public_key: rsa.RSAPublicKey,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (
            (usage("digital_signature", "content_commitment", "key_encipherment"), True),
        ),
        *,
        issuer: x509.Name | None = None,
        by: rsa.RSAPrivateKey | None = None,
        validity: tuple[datetime, datetime] | None = None,
    ) -> x509.Certificate:
        """A certificate by the issuing authority, unless told."""
        begin, end = validity or (self.begin, self.end)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self.issuing.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(by or self._issuing_key, hashes.SHA256())

    def issue(self, system_key: rsa.RSAPrivateKey, dn: str = DN) -> EhealthCertificate:
        """A system's certificate."""
        leaf = self.sign(name_from_dn(dn, printable=False), system_key.public_key())
        return EhealthCertificate(system_key, (leaf, self.issuing))


def _common(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
