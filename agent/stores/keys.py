"""The certificate's key: made here, kept before its request leaves, met again on delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.errors import StoreError
from agent.pending import StoreFormat
from agent.stores import contents as keystore
from agent.stores.chains import verify_chain
from agent.wire.errors import NameMalformed
from agent.wire.pki.keys import KEY_BITS, PUBLIC_EXPONENT, make_csr, public_key_identifier
from agent.wire.pki.names import certificate_name, dn_of, name_from_dn, same_name


@dataclass(frozen=True)
class PendingKey:
    """A key that waits for its certificate, and the name it waits for."""

    key: rsa.RSAPrivateKey
    dn: str

    def __repr__(self) -> str:
        return f"PendingKey({self.identifier})"

    @property
    def identifier(self) -> str:
        """The PublicKeyIdentifier: 40 hex digits."""
        return public_key_identifier(self.key.public_key())

    def csr(self) -> bytes:
        """The certification request, DER."""
        return make_csr(self.key, self.dn)

    def serialise(self, password: str, store_format: StoreFormat, *, now: datetime) -> bytes:
        """Return the encrypted store of a key without certificate: a dummy one bears the name meanwhile."""
        name = name_from_dn(self.dn)
        dummy = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )
        return keystore.serialise(keystore.new_contents(self.key, dummy), password, store_format)


def new_key(dn: str) -> PendingKey:
    """Make a fresh RSA 2048 key for the name `dn` (RFC 4514). Raises NameMalformed."""
    name_from_dn(dn)
    return PendingKey(rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=KEY_BITS), dn)


def open_pending(data: bytes, password: str) -> PendingKey:
    """Open what `PendingKey.serialise` wrote. Raises StoreError `password_wrong`, `store_unreadable`."""
    entry = keystore.authentication_entry(keystore.open_store(data, password))
    return PendingKey(entry.key, dn_of(entry.certificate.subject))


def check_delivered(
    pending: PendingKey,
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    *,
    now: datetime,
) -> None:
    """Check that a delivered certificate is for this key and this name, and comes from the authority.

    Raises StoreError `certificate_other_key`, `certificate_other_name`, `certificate_untrusted`.
    """
    if not chain:
        raise StoreError("certificate_untrusted")
    if chain[0].public_key() != pending.key.public_key():
        raise StoreError("certificate_other_key")
    try:
        expected = same_name(chain[0].subject, pending.dn)
        certificate_name(chain[0].subject)
    except NameMalformed:
        expected = False
    if not expected:
        raise StoreError("certificate_other_name")
    verify_chain(chain, anchors, now=now)
