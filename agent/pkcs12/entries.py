"""What a key store holds, by alias."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from agent.wire.pki.unreadable import UNREADABLE

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Protection = Literal["modern", "legacy"]


@dataclass(frozen=True)
class KeyEntry:
    """A private key under its alias, with the certificate that the file binds to it (localKeyID), if any.

    `attributes` and `certificate_attributes` are the bag attributes (RFC 7292 4.2) besides friendlyName and
    localKeyID, DER: kept as they came.
    """

    alias: str
    key: PrivateKey
    certificate: x509.Certificate | None = None
    attributes: tuple[bytes, ...] = ()
    certificate_attributes: tuple[bytes, ...] = ()

    @property
    def belongs_together(self) -> bool:
        """Whether the certificate is for this very key."""
        return self.certificate is not None and public_bytes(
            self.certificate
        ) == self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def substance(self) -> tuple[object, ...]:
        """What has to be equal for two entries to be the same. Holds the key: never log it."""
        key = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return (self.alias, key, self.certificate, self.attributes, self.certificate_attributes)


@dataclass(frozen=True)
class CertificateEntry:
    """A certificate without key: an authority above the others, or one that somebody trusts."""

    alias: str
    certificate: x509.Certificate
    attributes: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Contents:
    """All entries of a key store, in the file's order.

    `protection` is how the file was protected: modern only when MAC, keys and certificates all are. `foreign`
    counts what is neither key nor X.509 certificate; such a file cannot be written again without loss. `has_mac` is
    false for a file that nothing keeps from being altered. `key_password` is the keys' own where they have one.
    """

    keys: tuple[KeyEntry, ...]
    certificates: tuple[CertificateEntry, ...]
    protection: Protection = "modern"
    foreign: int = 0
    has_mac: bool = field(default=True, compare=False)
    key_password: str | None = field(default=None, repr=False, compare=False)

    def same_as(self, other: "Contents") -> bool:
        """Whether both hold the same entries, in whatever order and protection."""
        return (
            Counter(entry.substance for entry in self.keys)
            == Counter(entry.substance for entry in other.keys)
            and Counter(self.certificates) == Counter(other.certificates)
            and self.foreign == other.foreign
        )


def public_bytes(certificate: x509.Certificate) -> bytes | None:
    """The certificate's SubjectPublicKeyInfo, None when it holds a key of a kind unknown here."""
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except UNREADABLE:
        return None
