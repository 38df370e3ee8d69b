"""Building a trust store in one of its forms, and reading it back as whoever loads it will."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12

from agent.wire.pki.unreadable import UNREADABLE
from certificates.trust.stores.apart import read_apart
from certificates.trust.stores.entries import Entry, StoreNotBuilt, StoreUnreadable, check_names
from certificates.trust.stores.jks import read_jks, write_jks
from certificates.trust.stores.names import subject_of


class Form(StrEnum):
    """The forms of a store."""

    PEM = "pem"
    JKS = "jks"
    PKCS12 = "p12"
    OLD_PKCS12 = "old.p12"
    """For software with an old Bouncy Castle, such as the platform's connector: 3DES and SHA-1."""


SALTED = frozenset({Form.PKCS12, Form.OLD_PKCS12})
"""Forms whose bytes are others each time, though they hold the same."""
ROUNDS = 10_000
"""Of the key derivation, as Java writes: a trust store holds nothing secret."""


def build(entries: Sequence[Entry], form: Form, password: str) -> bytes:
    """Return a store with these entries, read back and counted. Raises StoreNotBuilt."""
    content = _pem(entries) if form is Form.PEM else _store(entries, form, password)
    try:
        held = {one.der for one in read_store(content, password)}
    except StoreUnreadable as error:
        raise StoreNotBuilt("what was written cannot be read back") from error
    if held != {one.der for one in entries}:
        raise StoreNotBuilt("what was written holds something else")
    return content


def _store(entries: Sequence[Entry], form: Form, password: str) -> bytes:
    if form is Form.JKS:
        return write_jks(entries, password)
    check_names(entries)
    if not password:
        raise StoreNotBuilt("without a password Java finds nothing in it")
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(ROUNDS)
    if form is Form.OLD_PKCS12:
        builder = builder.key_cert_algorithm(_old_encryption()).hmac_hash(hashes.SHA1())  # noqa: S303  # the form's own
    return pkcs12.serialize_java_truststore(
        [
            pkcs12.PKCS12Certificate(x509.load_der_x509_certificate(one.der), one.alias.encode())
            for one in entries
        ],
        builder.build(password.encode()),
    )


def _old_encryption() -> pkcs12.PBES:
    return pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC


def _pem(entries: Sequence[Entry]) -> bytes:
    """Return one block a certificate, behind a comment with its subject and end."""
    blocks = []
    for one in entries:
        certificate = x509.load_der_x509_certificate(one.der)
        told = [
            f"# {subject_of(one.der)}",
            f"# until {certificate.not_valid_after_utc:%Y-%m-%d}, SHA-256 {hashlib.sha256(one.der).hexdigest()}",
            *(["# past: for what it signed while it was trusted, for nothing new"] if one.past else []),
        ]
        blocks.append("\n".join(told) + "\n" + certificate.public_bytes(Encoding.PEM).decode())
    return "\n".join(blocks).encode()


def read_store(content: bytes, password: str, *, ours: bool = True) -> list[Entry]:
    """Return the trusted certificates of a store in any form. Raises StoreUnreadable.

    Without `ours` somebody gave it: a file that asks for endless work is opened apart (apart.py), and each certificate
    must be one that can be read.
    """
    if content[:4] == b"\xfe\xed\xfe\xed":
        entries = read_jks(content, password)
        return entries if ours else [_readable(one) for one in entries]
    if b"-----BEGIN CERTIFICATE-----" in content:
        try:
            loaded = x509.load_pem_x509_certificates(content)
            return [Entry("", one.public_bytes(Encoding.DER), one.not_valid_before_utc) for one in loaded]
        except UNREADABLE:
            raise StoreUnreadable("a block in it is no certificate") from None
    if not content.strip() or content.lstrip()[:1] == b"#":
        return []
    return read_pkcs12(content, password) if ours else read_apart(content, password)


def _readable(entry: Entry) -> Entry:
    """Return an entry whose certificate can be read. Raises StoreUnreadable: Java takes what nobody else does."""
    try:
        x509.load_der_x509_certificate(entry.der).not_valid_after_utc  # noqa: B018  # raises where it is none
        subject_of(entry.der)
    except UNREADABLE:
        raise StoreUnreadable("a certificate in it cannot be read") from None
    return entry


def read_pkcs12(content: bytes, password: str) -> list[Entry]:
    """Return the trusted certificates of a PKCS#12 file. Raises StoreUnreadable."""
    try:
        opened = pkcs12.load_pkcs12(content, password.encode())
    except UNREADABLE:
        raise StoreUnreadable("no trust store, or its password is another one") from None
    if opened.key is not None:
        raise StoreUnreadable("there is a private key in it")
    return [
        Entry(
            (one.friendly_name or b"").decode("utf-8", "replace"),
            one.certificate.public_bytes(Encoding.DER),
            one.certificate.not_valid_before_utc,
        )
        for one in opened.additional_certs
    ]
