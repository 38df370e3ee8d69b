"""What a key store of an eHealth certificate holds, and how a new one is put together.

Aliases as the platform's own software uses them: `authentication` for the key with its certificate, the decimal
serial number of its certificate for each encryption key, their subject (RFC 2253) for authorities. The whole of
a store is `Contents` (agent/pkcs12); nothing here drops an entry. Files: agent/stores/files.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from agent import pkcs12
from agent.errors import StoreError
from agent.pending import StoreFormat
from agent.pkcs12 import CertificateEntry, Contents, KeyEntry, PrivateKey
from agent.stores.aliases import same_alias
from agent.wire.pki.names import dn_of
from agent.wire.pki.reading.loaded import name_of, serial_of
from agent.wire.pki.unreadable import UNREADABLE, UNREADABLE_NAME

ENTRY: Final = "authentication"


@dataclass(frozen=True)
class AuthenticationEntry:
    """The key that the holder's software identifies itself with, and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def __repr__(self) -> str:
        return f"AuthenticationEntry({self.certificate.serial_number})"


def open_store(data: bytes, password: str) -> Contents:
    """Read everything that a store holds. Raises StoreError as `pkcs12.read` does."""
    return pkcs12.read(data, password)


def serialise(contents: Contents, password: str, store_format: StoreFormat) -> bytes:
    """Write a PKCS#12 file with these entries.

    modern: AES-256 and a SHA-256 MAC. legacy: 3DES with a SHA-1 MAC, for software on BouncyCastle 1.55 or Java
    before 8u301, which opens nothing else. Raises StoreError as `pkcs12.write` does.
    """
    return pkcs12.write(contents, password, store_format)


def new_contents(
    key: rsa.RSAPrivateKey, certificate: x509.Certificate, authorities: Iterable[x509.Certificate] = ()
) -> Contents:
    """Put together a store with one key under `authentication`, and the authorities above its certificate."""
    return with_authorities(Contents((KeyEntry(ENTRY, key, certificate),), ()), authorities)


def authentication_entry(contents: Contents) -> AuthenticationEntry:
    """Return the entry under `authentication`; in stores of other software the first that does not encrypt.

    Raises StoreError `store_pending` for a key that waits for its certificate, `store_no_authentication` without an
    RSA key and its certificate; `store_mismatched` when these do not belong together.
    """
    entry = find_authentication(contents)
    if entry is not None and is_pending(entry):
        raise StoreError("store_pending")
    if entry is None or entry.certificate is None or not isinstance(entry.key, rsa.RSAPrivateKey):
        raise StoreError("store_no_authentication")
    if not entry.belongs_together:
        raise StoreError("store_mismatched", alias=entry.alias)
    return AuthenticationEntry(entry.key, entry.certificate)


def find_authentication(contents: Contents) -> KeyEntry | None:
    """Find the authentication entry as it stands in the store, unchecked; None when there is none."""
    named = [entry for entry in contents.keys if entry.alias.lower() == ENTRY]
    others = [entry for entry in contents.keys if not is_for_encryption(entry)]
    return next(iter(named or others), None)


def is_pending(entry: KeyEntry) -> bool:
    """Whether an authentication key waits for the delivery of its certificate.

    The platform's own software keeps it with a dummy certificate meanwhile, of the country "Dummy" and with serial
    number 0, or bare.
    """
    certificate = entry.certificate
    if certificate is None:
        return entry.alias.lower() == ENTRY
    subject = name_of(certificate, "subject")
    if serial_of(certificate) == 0 and subject.rdns == name_of(certificate, "issuer").rdns:
        return True
    return {value.casefold() for rdn in subject.rdns for _kind, value in rdn} == {"dummy"}


def is_for_encryption(entry: KeyEntry) -> bool:
    """Return whether a key opens messages: named by its certificate's serial, or certified for nothing else.

    A bare key under a number still waits for its token.
    """
    if entry.alias.lower() == ENTRY:
        return False
    if entry.certificate is None:
        return entry.alias.isdecimal()
    if entry.alias == str(serial_of(entry.certificate)):
        return True
    try:
        usage = entry.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except UNREADABLE:
        return False
    return not usage.digital_signature and (usage.key_encipherment or usage.data_encipherment)


def encryption_entries(contents: Contents) -> tuple[KeyEntry, ...]:
    """Return the encryption keys, each under the decimal serial number by which software finds it.

    Never the authentication key, under whatever alias it stands there a second time.
    """
    authentication = find_authentication(contents)
    kept = []
    for entry in contents.keys:
        if entry is authentication or not is_for_encryption(entry):
            continue
        if authentication is not None and _same_key(entry.key, authentication.key):
            continue
        kept.append(replace(entry, alias=_serial_alias(entry)))
    return tuple(kept)


def with_encryption_entry(
    contents: Contents, key: rsa.RSAPrivateKey, certificate: x509.Certificate
) -> Contents:
    """Return the store with an encryption key and its certificate (the ETK's) added; safe to repeat.

    Raises StoreError `store_mismatched` when they do not belong together, `store_alias_taken` when another key
    stands under that serial number.
    """
    entry = KeyEntry(str(certificate.serial_number), key, certificate)
    if not entry.belongs_together:
        raise StoreError("store_mismatched", alias=entry.alias)
    return _with_key(contents, entry)


def with_authorities(contents: Contents, authorities: Iterable[x509.Certificate]) -> Contents:
    """Return the store with these CA certificates added, each once, under its subject."""
    entries = list(contents.certificates)
    for authority in authorities:
        if authority in [entry.certificate for entry in entries]:
            continue
        alias = authority_alias(authority)
        if any(same_alias(entry.alias, alias) for entry in entries):
            # The authority's certificate was renewed under the same name; Java keeps one of equal aliases.
            alias = f"{alias} {authority.serial_number}"
        entries.append(CertificateEntry(alias, authority))
    return replace(contents, certificates=tuple(entries))


def carried_over(old: Contents, new: Contents) -> Contents:
    """Return the new store with the old one's encryption keys, which open messages from before the renewal.

    The old authentication key is never among them. Safe to repeat. Raises StoreError `store_alias_taken` when
    another key stands under one of their serial numbers.
    """
    for entry in encryption_entries(old):
        new = _with_key(new, entry)
    return new


def authority_alias(certificate: x509.Certificate) -> str:
    """Return the alias of a CA certificate: its subject as RFC 2253 (now 4514) writes it."""
    try:
        return dn_of(certificate.subject)
    except UNREADABLE_NAME:
        return name_of(certificate, "subject").rfc4514


def _with_key(contents: Contents, entry: KeyEntry) -> Contents:
    for present in contents.keys:
        if present.alias.lower() != entry.alias.lower():
            continue
        if not _same_key(present.key, entry.key):
            raise StoreError("store_alias_taken", alias=entry.alias)
        if present.certificate is not None:
            return contents
        # A bare key waited here for its certificate.
        keys = tuple(entry if key is present else key for key in contents.keys)
        return replace(contents, keys=keys)
    return replace(contents, keys=(*contents.keys, entry))


def _serial_alias(entry: KeyEntry) -> str:
    return entry.alias if entry.certificate is None else str(serial_of(entry.certificate))


def _same_key(one: PrivateKey, other: PrivateKey) -> bool:
    return one.public_key() == other.public_key()
