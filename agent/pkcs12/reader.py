"""Opens a key store: bounded first, then its MAC, and only then anything inside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import core, pkcs12
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from agent.errors import StoreError
from agent.pkcs12.ber import as_der
from agent.pkcs12.entries import CertificateEntry, Contents, KeyEntry, PrivateKey, Protection, public_bytes
from agent.pkcs12.limits import MAXIMUM_ENTRIES, MAXIMUM_KEY_BITS, MAXIMUM_KEYS, Work
from agent.pkcs12.protection import Opener
from agent.wire.pki.certificates import load_certificate
from agent.wire.pki.unreadable import UNREADABLE


@dataclass
class _Attributes:
    alias: str = ""
    local_id: bytes | None = None
    others: tuple[bytes, ...] = ()


@dataclass
class _Found:
    """What the bags hold, in their order."""

    protection: Protection = "modern"
    keys: list[tuple[PrivateKey, _Attributes]] = field(default_factory=list)
    certificates: list[tuple[x509.Certificate, _Attributes]] = field(default_factory=list)
    foreign: int = 0
    bags: int = 0


@contextmanager
def _parsing() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise StoreError("store_unreadable") from error


def read(data: bytes, password: str) -> Contents:
    """All entries of a PKCS#12 file (RFC 7292) in password privacy and integrity mode, DER or BER.

    Raises StoreError: `store_too_large`, `store_too_complex`, `store_too_costly`, `store_not_der` (before
    anything is derived), `store_without_mac`, `store_protection_unknown`, `password_wrong`, `store_unreadable`.
    """
    data = as_der(data)
    try:
        password.encode()
    except UnicodeEncodeError:
        raise StoreError("password_wrong") from None
    opener, found = Opener(password, Work()), _Found()
    with _parsing():
        pfx = pkcs12.Pfx.load(data, strict=True)
        if pfx["version"].native != "v3" or pfx["auth_safe"]["content_type"].native != "data":
            raise StoreError("store_unreadable")
        if isinstance(pfx["mac_data"], core.Void):
            raise StoreError("store_without_mac")
        content = bytes(pfx["auth_safe"]["content"])
        found.protection = opener.check_mac(pfx["mac_data"], content)
        for part in pkcs12.AuthenticatedSafe.load(as_der(content), strict=True):
            _read_bags(_opened(part, opener, found), opener, found)
        return _joined(found)


def _opened(part: Any, opener: Opener, found: _Found) -> bytes:
    """The SafeContents of one ContentInfo."""
    kind = str(part["content_type"].native)
    if kind == "data":
        return bytes(part["content"])
    if kind != "encrypted_data":
        raise StoreError("store_protection_unknown", algorithm=kind)
    info = part["content"]["encrypted_content_info"]
    return _decrypted(info["content_encryption_algorithm"], bytes(info["encrypted_content"]), opener, found)


def _decrypted(algorithm: Any, data: bytes, opener: Opener, found: _Found) -> bytes:
    if algorithm["algorithm"].native != "pbes2":
        found.protection = "legacy"
    return opener.decrypt(algorithm, data)


def _read_bags(data: bytes, opener: Opener, found: _Found) -> None:
    for bag in pkcs12.SafeContents.load(as_der(data), strict=True):
        found.bags += 1
        kind = str(bag["bag_id"].native)
        if found.bags > MAXIMUM_ENTRIES:
            raise StoreError("store_too_complex")
        if kind in ("key_bag", "pkcs8_shrouded_key_bag"):
            if len(found.keys) == MAXIMUM_KEYS:
                raise StoreError("store_too_complex")
            value = bag["bag_value"]
            if kind == "key_bag":
                encoded = bytes(value.untag().dump())
            else:
                algorithm, encrypted = value["encryption_algorithm"], bytes(value["encrypted_data"])
                encoded = _decrypted(algorithm, encrypted, opener, found)
            found.keys.append((_key(encoded), _attributes(bag)))
        elif kind == "cert_bag" and bag["bag_value"]["cert_id"].native == "x509":
            try:
                certificate = load_certificate(bytes(bag["bag_value"]["cert_value"]))
            except ValueError:
                found.foreign += (
                    1  # one that nobody reads hides neither the keys nor the certificates beside it
                )
                continue
            found.certificates.append((certificate, _attributes(bag)))
        else:
            found.foreign += 1


def _key(encoded: bytes) -> PrivateKey:
    # OpenSSL's own check tests primes of any size, which a hostile key makes to last; the sums below are enough
    # to tell a damaged key.
    key = load_der_private_key(encoded, None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size > MAXIMUM_KEY_BITS:
        raise ValueError("not a key of a kind or size we use")
    numbers = key.private_numbers()
    p, q, product = numbers.p, numbers.q, numbers.d * numbers.public_numbers.e - 1
    if min(p, q) < 2 or p * q != numbers.public_numbers.n or product % (p - 1) or product % (q - 1):
        raise ValueError("the parts of the key are not of one key")
    return key


def _attributes(bag: Any) -> _Attributes:
    found = _Attributes()
    if isinstance(bag["bag_attributes"], core.Void):
        return found
    for attribute in bag["bag_attributes"]:
        kind = attribute["type"].native
        if kind == "friendly_name":
            found.alias = str(attribute["values"][0].native)
        elif kind == "local_key_id":
            found.local_id = bytes(attribute["values"][0])
        else:
            found.others += (bytes(attribute.dump()),)
    return found


def _joined(found: _Found) -> Contents:
    """Bind certificates to keys: by localKeyID; without one, by the public key (RFC 7292 4.2)."""
    left = list(found.certificates)
    entries = []
    for key, names in found.keys:
        match = _match(key, names, left)
        if match is not None:
            left.remove(match)
        certificate, others = (match[0], match[1]) if match else (None, _Attributes())
        alias = names.alias or others.alias
        entries.append(KeyEntry(alias, key, certificate, names.others, others.others))
    certificates = tuple(CertificateEntry(names.alias, item, names.others) for item, names in left)
    return Contents(tuple(entries), certificates, found.protection, found.foreign)


def _match(
    key: PrivateKey, names: _Attributes, left: list[tuple[x509.Certificate, _Attributes]]
) -> tuple[x509.Certificate, _Attributes] | None:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bound = [item for item in left if names.local_id is not None and item[1].local_id == names.local_id]
    own = [item for item in bound or left if public_bytes(item[0]) == public]
    return own[0] if own else bound[0] if bound else None
