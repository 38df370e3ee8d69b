"""PKCS#12 key stores (RFC 7292): written beside, read back, put in place in one step, the old one kept."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import KeySerializationEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PBES,
    PKCS12Certificate,
    PKCS12KeyAndCertificates,
    load_pkcs12,
    serialize_key_and_certificates,
)

from agent import durable
from agent.errors import StoreError
from agent.pending import StoreFormat
from agent.wire.errors import NameMalformed
from agent.wire.names import dn_of

ENTRY: Final = "authentication"
MODERN_ROUNDS: Final = 100_000
LEGACY_ROUNDS: Final = 50_000
LOCK_SECONDS: Final = 10.0
_KEY_BAGS = (
    bytes.fromhex("060b2a864886f70d010c0a0101"),  # keyBag
    bytes.fromhex("060b2a864886f70d010c0a0102"),  # pkcs8ShroudedKeyBag
)


@dataclass(frozen=True)
class OpenStore:
    """A key store that was opened: the key, its certificate, and the certificates above it."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    authorities: tuple[x509.Certificate, ...]


def encryption(store_format: StoreFormat, password: str) -> KeySerializationEncryption:
    """How a store is encrypted.

    modern: PBES2 with AES-256 and a SHA-256 MAC (RFC 8018). legacy: 3DES with a SHA-1 MAC, for software on
    BouncyCastle 1.55 or Java before 8u301, which opens nothing else.
    """
    builder = PrivateFormat.PKCS12.encryption_builder()
    if store_format == "modern":
        builder = builder.kdf_rounds(MODERN_ROUNDS).key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC)
        return builder.hmac_hash(hashes.SHA256()).build(password.encode())
    builder = builder.kdf_rounds(LEGACY_ROUNDS).key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
    return builder.hmac_hash(hashes.SHA1()).build(password.encode())  # noqa: S303  what the old format is


def serialise(
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    authorities: Sequence[x509.Certificate],
    *,
    password: str,
    store_format: StoreFormat,
) -> bytes:
    """A PKCS#12 file: entry `authentication` with its chain, CA certificates under their subject."""
    cas = [PKCS12Certificate(ca, _alias(ca).encode()) for ca in authorities]
    return serialize_key_and_certificates(
        ENTRY.encode(), key, certificate, cas, encryption(store_format, password)
    )


def _alias(certificate: x509.Certificate) -> str:
    try:
        return dn_of(certificate.subject)
    except NameMalformed:
        return certificate.subject.rfc4514_string()


def open_store(data: bytes, password: str) -> OpenStore:
    """Read a store with one RSA key. Raises StoreError `password_wrong` or `store_unreadable`."""
    try:
        store = load_pkcs12(data, password.encode())
    except ValueError as error:
        # The library says both in words only; a file that is PKCS#12 at all fails on its MAC.
        raise StoreError(
            "password_wrong" if "password" in str(error).lower() else "store_unreadable"
        ) from None
    return _checked(store)


def _checked(store: PKCS12KeyAndCertificates) -> OpenStore:
    if not isinstance(store.key, rsa.RSAPrivateKey) or store.cert is None:
        raise StoreError("store_unreadable")
    authorities = tuple(ca.certificate for ca in store.additional_certs)
    return OpenStore(store.key, store.cert.certificate, authorities)


def install(target: Path, data: bytes, expected: OpenStore, *, password: str, now: datetime) -> Path | None:
    """Put a finished store at `target`; returns the dated backup when one was there with other contents.

    Written beside and durably, then read back with the password and compared, then put in place at once. Safe
    to repeat. Raises StoreError; then whatever was at `target` is still there.
    """
    folder = durable.private_folder(target.parent)
    with durable.lock(folder / ".ehportal.lock", wait_seconds=LOCK_SECONDS):
        durable.sweep(folder)
        try:
            if target.exists() and _holds(target.read_bytes(), expected, password):
                return None  # a crash came after this step the last time
            temporary = durable.write_beside(target, data)
            if not _holds(temporary.read_bytes(), expected, password):
                raise StoreError("store_unreadable")
            backup = _keep_old(target, now)
            os.replace(temporary, target)
            durable.sync_folder(folder)
        except OSError as error:
            raise StoreError("folder_not_writable", folder=str(folder)) from error
    return backup


def _holds(data: bytes, expected: OpenStore, password: str) -> bool:
    try:
        written = open_store(data, password)
    except StoreError:
        return False
    return (
        written.key.private_numbers() == expected.key.private_numbers()
        and written.certificate == expected.certificate
        and set(written.authorities) == set(expected.authorities)
    )


def _keep_old(target: Path, now: datetime) -> Path | None:
    if not target.exists():
        return None
    backup = target.with_name(f"{target.name}.{now:%Y%m%d-%H%M%S}.backup")
    number = 1
    while backup.exists():
        backup = target.with_name(f"{target.name}.{now:%Y%m%d-%H%M%S}-{number}.backup")
        number += 1
    durable.write(backup, target.read_bytes())
    return backup


def change_password(
    path: Path, old: str, new: str, *, store_format: StoreFormat, now: datetime
) -> Path | None:
    """Write the store anew under another password; returns the backup, which the old one opens.

    Raises StoreError `store_several_keys` for a store that holds more than one key: what is not written whole
    would be lost.
    """
    data = path.read_bytes()
    store = open_store(data, old)
    if sum(data.count(bag) for bag in _KEY_BAGS) != 1:
        raise StoreError("store_several_keys")
    fresh = serialise(
        store.key, store.certificate, store.authorities, password=new, store_format=store_format
    )
    return install(path, fresh, store, password=new, now=now)


def file_digest(path: Path) -> str:
    """SHA-256 of a file: how a store is recognised without opening it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
