"""PKCS#12 key stores (RFC 7292): written beside, read back, put in place in one step, the old one kept."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from agent import durable, pkcs12
from agent.errors import StoreError
from agent.pending import StoreFormat
from agent.pkcs12 import CertificateEntry, Contents, KeyEntry
from agent.wire.errors import NameMalformed
from agent.wire.names import dn_of

ENTRY: Final = "authentication"
LOCK_SECONDS: Final = 10.0


@dataclass(frozen=True)
class OpenStore:
    """A key store of ours: the authentication key, its certificate, those above it, and the encryption keys.

    `others` are entries under the decimal serial number of their ETK certificate; old ones are kept for the
    messages that were sealed to them.
    """

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    authorities: tuple[x509.Certificate, ...]
    others: tuple[KeyEntry, ...] = ()

    @property
    def contents(self) -> Contents:
        """The entries with their aliases: CA certificates under their subject (RFC 2253)."""
        first = KeyEntry(ENTRY, self.key, self.certificate)
        cas = tuple(CertificateEntry(_alias(ca), ca) for ca in self.authorities)
        return Contents((first, *self.others), cas)


def serialise(
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    authorities: Sequence[x509.Certificate],
    *,
    password: str,
    store_format: StoreFormat,
    others: Sequence[KeyEntry] = (),
) -> bytes:
    """A PKCS#12 file: entry `authentication` with its chain, encryption keys, CA certificates.

    modern: AES-256 and a SHA-256 MAC. legacy: 3DES with a SHA-1 MAC, for software on BouncyCastle 1.55 or Java
    before 8u301, which opens nothing else.
    """
    store = OpenStore(key, certificate, tuple(authorities), tuple(others))
    return pkcs12.write(store.contents, password, store_format)


def _alias(certificate: x509.Certificate) -> str:
    try:
        return dn_of(certificate.subject)
    except NameMalformed:
        return certificate.subject.rfc4514_string()


def read(path: Path) -> bytes:
    """A key store's bytes, no more than one can have. Raises StoreError `store_missing`, `store_too_large`."""
    try:
        with path.open("rb") as file:
            data = file.read(pkcs12.MAXIMUM_BYTES + 1)
    except OSError as error:
        raise StoreError("store_missing", file=str(path)) from error
    if len(data) > pkcs12.MAXIMUM_BYTES:
        raise StoreError("store_too_large")
    return data


def open_store(data: bytes, password: str) -> OpenStore:
    """Read a store. The key of use is the one under `authentication`, else the first.

    Raises StoreError as `pkcs12.read` does; `store_unreadable` without an RSA key and its certificate;
    `store_mismatched` when these do not belong together.
    """
    contents = pkcs12.read(data, password)
    named = [entry for entry in contents.keys if entry.alias.lower() == ENTRY]
    chosen = next(iter(named or contents.keys), None)
    if chosen is None or chosen.certificate is None or not isinstance(chosen.key, rsa.RSAPrivateKey):
        raise StoreError("store_unreadable")
    if not chosen.belongs_together:
        raise StoreError("store_mismatched", alias=chosen.alias)
    others = tuple(entry for entry in contents.keys if entry is not chosen)
    authorities = tuple(entry.certificate for entry in contents.certificates)
    return OpenStore(chosen.key, chosen.certificate, authorities, others)


def install(target: Path, data: bytes, expected: OpenStore, *, password: str, now: datetime) -> Path | None:
    """Put a finished store at `target`; returns the dated backup when one was there with other contents.

    Written beside and durably, then read back with the password and compared, then put in place at once. Safe
    to repeat. Raises StoreError; then whatever was at `target` is still there.
    """
    return _install(target, data, expected.contents, password=password, now=now)


def _install(target: Path, data: bytes, expected: Contents, *, password: str, now: datetime) -> Path | None:
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


def _holds(data: bytes, expected: Contents, password: str) -> bool:
    try:
        return pkcs12.read(data, password).same_as(expected)
    except StoreError:
        return False


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

    Every entry is kept. Raises StoreError as `pkcs12.read` does, and `store_foreign_entries` for a store that
    holds something else than keys and certificates: what is not written whole would be lost.
    """
    contents = pkcs12.read(read(path), old)
    fresh = pkcs12.write(contents, new, store_format)
    return _install(path, fresh, contents, password=new, now=now)


def export(path: Path, password: str, *, store_format: StoreFormat, to: Path) -> Contents:
    """Put a copy in another format at `to`, under the same password; the store itself is not touched.

    Read back before it is put there. Raises StoreError: as `pkcs12.read` does, `file_exists` (nothing is ever
    overwritten), `folder_not_writable`, `store_foreign_entries`.
    """
    if os.path.lexists(to):
        raise StoreError("file_exists", file=str(to))
    contents = pkcs12.read(read(path), password)
    copy = pkcs12.write(contents, password, store_format)
    if not _holds(copy, contents, password):
        raise StoreError("store_unreadable")
    durable.write_new(to, copy)
    return contents


def file_digest(path: Path) -> str:
    """SHA-256 of a file: how a store is recognised without opening it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
