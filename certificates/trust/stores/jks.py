"""Java's own key store (JKS) with trusted certificates only.

Big-endian: FEEDFEED, version 2, count; for each entry tag 2, name, milliseconds, `X.509`, DER; then SHA-1 over the
password, `Mighty Aphrodite` and everything before. That is integrity at most: Java opens it without a password too.
"""

import hashlib
import hmac
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from certificates.trust.stores.entries import Entry, StoreNotBuilt, StoreUnreadable, check_names

MAGIC, VERSION, TRUSTED = 0xFEEDFEED, 2, 2
PHRASE = b"Mighty Aphrodite"
TYPE = "X.509"
DIGEST_BYTES = hashlib.sha1(b"", usedforsecurity=False).digest_size
MOST_ENTRIES = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_jks(entries: Sequence[Entry], password: str) -> bytes:
    """Return a store that Java opens with this password. Raises StoreNotBuilt for names that Java would not find."""
    check_names(entries)
    body = struct.pack(">III", MAGIC, VERSION, len(entries))
    for one in entries:
        millis = (one.since - EPOCH) // timedelta(milliseconds=1)
        body += struct.pack(">I", TRUSTED) + _text(one.alias) + struct.pack(">Q", max(0, millis))
        body += _text(TYPE) + struct.pack(">I", len(one.der)) + one.der
    return body + _seal(body, password)


def read_jks(content: bytes, password: str | None) -> list[Entry]:
    """Return the trusted certificates of a store; without a password its seal is not checked. Raises StoreUnreadable.

    A store with a private key is refused: that is none to hand around.
    """
    body, seal = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    if password is not None and not hmac.compare_digest(seal, _seal(body, password)):
        raise StoreUnreadable("the password is another one, or the file was changed")
    reader = _Reader(body)
    if reader.number() != MAGIC or reader.number() != VERSION:
        raise StoreUnreadable("no store of Java's")
    count = reader.number()
    if count > MOST_ENTRIES:
        raise StoreUnreadable("more entries than anybody needs")
    found = []
    for _ in range(count):
        if reader.number() != TRUSTED:
            raise StoreUnreadable("there is a private key in it")
        alias, millis = reader.text(), reader.number(8)
        if reader.text() != TYPE:
            raise StoreUnreadable("an entry that is no certificate")
        der = reader.take(reader.number())
        found.append(Entry(alias, der, EPOCH + timedelta(milliseconds=min(millis, 2**47))))
    if reader.left:
        raise StoreUnreadable("something stands behind the entries")
    return found


def _seal(body: bytes, password: str) -> bytes:
    # The format's own; it protects nothing that is secret.
    return hashlib.sha1(password.encode("utf-16-be") + PHRASE + body, usedforsecurity=False).digest()


def _text(text: str) -> bytes:
    data = text.encode()
    if len(data) > 0xFFFF or any(ord(one) == 0 or ord(one) > 0xFFFF for one in text):
        raise StoreNotBuilt("a name that Java writes otherwise")
    return struct.pack(">H", len(data)) + data


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, length: int) -> bytes:
        if not 0 <= length <= self.left:
            raise StoreUnreadable("the file ends too early")
        self._at += length
        return self._data[self._at - length : self._at]

    def number(self, length: int = 4) -> int:
        return int.from_bytes(self.take(length), "big")

    def text(self) -> str:
        try:
            return self.take(self.number(2)).decode()
        except UnicodeDecodeError:
            raise StoreUnreadable("a name that cannot be read") from None
