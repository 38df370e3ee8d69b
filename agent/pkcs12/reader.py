"""Opens a key store: bounded first, then its MAC, and only then anything inside."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from asn1crypto import core, pkcs12
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from agent.errors import StoreError
from agent.pkcs12.ber import as_der
from agent.pkcs12.entries import CertificateEntry, Contents, KeyEntry, PrivateKey, Protection, public_bytes
from agent.pkcs12.limits import MAXIMUM_ENTRIES, MAXIMUM_KEY_BITS, MAXIMUM_KEYS, Work
from agent.pkcs12.mac_kinds import name_of
from agent.pkcs12.protection import Opener
from agent.wire.pki.certificates import load_certificate
from agent.wire.pki.unreadable import UNREADABLE

T = TypeVar("T")


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
    proven: bool = False
    """Whether something has shown that the store's password is right: its MAC, or a part that opened."""
    key_password_used: bool = False


@dataclass(frozen=True)
class _Openers:
    """The store's password, and the one that its keys have of their own, where it was given."""

    store: Opener
    keys: Opener | None


@contextmanager
def _parsing(code: str) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise StoreError(code) from error


def read(data: bytes, password: str, key_password: str | None = None) -> Contents:
    """All entries of a PKCS#12 file (RFC 7292) in password privacy mode, DER or BER.

    Whatever software made of the password's letters, the same typed password opens it (agent/pkcs12/passwords.py). A
    file without MAC opens too, and says so. Raises StoreError: `store_too_large`, `store_too_complex`,
    `store_too_costly`, `store_not_der` (before anything is derived), `store_protection_unknown`, `password_wrong`,
    `store_without_mac` (and nothing in it),
    `key_password_other` where the store opens and its keys need a password of their own, `key_password_wrong` where
    the given one is not it, `store_unreadable` for what is damaged, `store_contents_unreadable` for a file that is
    whole by its MAC.
    """
    data = as_der(data)
    try:
        password.encode()
        (key_password or "").encode()
    except UnicodeEncodeError:
        raise StoreError("password_wrong") from None
    opener, found = Opener(password, Work()), _Found()
    openers = _Openers(opener, None if key_password is None else Opener(key_password, opener.work))
    with _parsing("store_unreadable"):
        pfx = pkcs12.Pfx.load(data, strict=True)
        kind = str(pfx["auth_safe"]["content_type"].native)
        if pfx["version"].native != "v3":
            raise StoreError("store_unreadable")
        if kind != "data":
            raise StoreError("store_protection_unknown", algorithm=kind)
        content = bytes(pfx["auth_safe"]["content"])
        has_mac = not isinstance(pfx["mac_data"], core.Void)
        if has_mac:
            found.protection, found.proven = opener.check_mac(pfx["mac_data"], content), True
    # By its MAC the file is as it was written: what cannot be read now is not damage, and no copy of it differs.
    with _parsing("store_contents_unreadable" if has_mac else "store_unreadable"):
        for part in pkcs12.AuthenticatedSafe.load(as_der(content), strict=True):
            _read_part(part, openers, found)
        if not has_mac and not found.bags:
            raise StoreError("store_without_mac")  # nothing in it, and nothing that says so
        return _joined(found, has_mac=has_mac, key_password=key_password if found.key_password_used else None)


def _read_part(part: Any, openers: _Openers, found: _Found) -> None:
    """The SafeContents of one ContentInfo."""
    kind = str(part["content_type"].native)
    if kind == "data":
        _read_bags(bytes(part["content"]), openers, found)
        return
    if kind != "encrypted_data":
        raise StoreError("store_protection_unknown", algorithm=kind)
    info = part["content"]["encrypted_content_info"]
    algorithm, data = info["content_encryption_algorithm"], bytes(info["encrypted_content"])
    _note_protection(algorithm, found)
    safe = _first(openers.store.decrypt(algorithm, data), _safe_contents)
    if safe is None:
        # Without a MAC only this tells that the password is another one.
        raise StoreError("store_contents_unreadable" if found.proven else "password_wrong")
    found.proven = True
    _read_bags(safe, openers, found)


def _safe_contents(data: bytes) -> bytes:
    """The same bytes, once they read as SafeContents."""
    try:
        for bag in pkcs12.SafeContents.load(as_der(data), strict=True):
            _ = bag["bag_id"].native
    except StoreError as error:
        if error.code == "store_too_complex":
            raise
        raise ValueError("not bags") from error
    return data


def _first(plains: Iterator[bytes], parse: Callable[[bytes], T]) -> T | None:
    """What the first of several readings of a password gives that parses; None when none does."""
    try:
        for plain in plains:
            try:
                return parse(plain)
            except UNREADABLE:
                continue
    except ValueError:  # none had its padding right
        return None
    return None


def _note_protection(algorithm: Any, found: _Found) -> None:
    if name_of(algorithm["algorithm"]) != "pbes2":
        found.protection = "legacy"


def _read_bags(data: bytes, openers: _Openers, found: _Found) -> None:
    for bag in pkcs12.SafeContents.load(as_der(data), strict=True):
        found.bags += 1
        kind = str(bag["bag_id"].native)
        if found.bags > MAXIMUM_ENTRIES:
            raise StoreError("store_too_complex")
        if kind in ("key_bag", "pkcs8_shrouded_key_bag"):
            if len(found.keys) == MAXIMUM_KEYS:
                raise StoreError("store_too_complex")
            value = bag["bag_value"]
            bare = kind == "key_bag"
            key = _key(bytes(value.untag().dump())) if bare else _shrouded(value, openers, found)
            found.keys.append((key, _attributes(bag)))
        elif kind == "cert_bag" and bag["bag_value"]["cert_id"].native == "x509":
            try:
                certificate = _certificate(bytes(bag["bag_value"]["cert_value"]))
            except ValueError:
                # One that nobody reads hides neither the keys nor the certificates beside it.
                found.foreign += 1
                continue
            found.certificates.append((certificate, _attributes(bag)))
        else:
            found.foreign += 1


def _certificate(encoded: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        # A store that waits holds one with serial number 0, which the library grumbles about.
        warnings.simplefilter("ignore")
        return load_certificate(encoded)


def _shrouded(value: Any, openers: _Openers, found: _Found) -> PrivateKey:
    """A key under the store's password, else under its own."""
    algorithm, encrypted = value["encryption_algorithm"], bytes(value["encrypted_data"])
    _note_protection(algorithm, found)
    key = _first(openers.store.decrypt(algorithm, encrypted), _key)
    if key is not None:
        found.proven = True
        return key
    if not found.proven:
        raise StoreError("password_wrong")
    if openers.keys is None:
        raise StoreError("key_password_other")
    key = _first(openers.keys.decrypt(algorithm, encrypted), _key)
    if key is None:
        raise StoreError("key_password_wrong")
    found.key_password_used = True
    return key


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


def _joined(found: _Found, *, has_mac: bool, key_password: str | None) -> Contents:
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
    return Contents(
        tuple(entries),
        certificates,
        found.protection,
        found.foreign,
        has_mac=has_mac,
        key_password=key_password,
    )


def _match(
    key: PrivateKey, names: _Attributes, left: list[tuple[x509.Certificate, _Attributes]]
) -> tuple[x509.Certificate, _Attributes] | None:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bound = [item for item in left if names.local_id is not None and item[1].local_id == names.local_id]
    own = [item for item in bound or left if public_bytes(item[0]) == public]
    return own[0] if own else bound[0] if bound else None
