"""Encryption at rest of documents that hold personal numbers, and the one place that knows which key did it.

One key ring with the national number's (SSIN_KEYS): the first key writes, any key reads, so keys can be rotated. In
front of what is sealed, and of a number's index, stands the id of its key: `1a2b3c4d:…`. What was sealed before keys
had ids begins with its token and is tried with each key until `manage.py reseal` has been there.
"""

import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from organisations.errors import Unreadable

ID_LENGTH = 8
"""Hex digits: a key's fingerprint, which tells nothing of a random key."""
MARK = ":"
"""Stands after the id, and in no token: those are base64url."""


@lru_cache(maxsize=16)
def key_id(key: str) -> str:
    """Return the id of a key of SSIN_KEYS or of a number's index: the beginning of a hash of it."""
    return hashlib.sha256(b"ehportal key id\0" + key.encode()).hexdigest()[:ID_LENGTH]


def key_id_of(value: str) -> str:
    """Return the id that stands before a sealed text or an index; empty where it is older than ids."""
    return value[:ID_LENGTH] if value[ID_LENGTH : ID_LENGTH + 1] == MARK else ""


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> tuple[dict[str, Fernet], MultiFernet]:
    found = {key_id(key): Fernet(key) for key in keys}
    return found, MultiFernet(list(found.values()))


def seal(document: bytes) -> bytes:
    """Encrypt and authenticate `document` with the first key; its id stands before it."""
    first = str(settings.SSIN_KEYS[0])
    by_id, _any = _ring(tuple(settings.SSIN_KEYS))
    return f"{key_id(first)}{MARK}".encode("ascii") + by_id[key_id(first)].encrypt(document)


def unseal(sealed: bytes | memoryview) -> bytes:
    """Return the document; raises Unreadable when no key of the ring fits."""
    value = bytes(sealed)
    by_id, any_key = _ring(tuple(settings.SSIN_KEYS))
    known = key_id_of(value[: ID_LENGTH + 1].decode("latin-1"))
    opener = by_id.get(known) if known else any_key
    if opener is None:
        raise Unreadable
    try:
        return opener.decrypt(value[ID_LENGTH + 1 :] if known else value)
    except InvalidToken as error:
        raise Unreadable from error
