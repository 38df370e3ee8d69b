"""Encryption at rest of documents that hold personal numbers: contracts, signed requests, personal certificates.

One key ring with the national number's (SSIN_KEYS): the first key writes, any key reads, so keys can be rotated.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(document: bytes) -> bytes:
    """Encrypt and authenticate `document`."""
    return _ring(tuple(settings.SSIN_KEYS)).encrypt(document)


def unseal(sealed: bytes | memoryview) -> bytes:
    """Return the document; raises cryptography.fernet.InvalidToken when no key of the ring fits."""
    return _ring(tuple(settings.SSIN_KEYS)).decrypt(bytes(sealed))
