"""The national number at rest: sealed, and findable by a keyed hash.

The hash is HMAC-SHA256 under a key of its own, so a copy of the database alone lets nobody enumerate the 10^11 numbers.
"""

import hashlib
import hmac

from django.conf import settings

from organisations.sealing import seal, unseal


def encrypt(ssin: str) -> bytes:
    """Return the ciphertext of an 11-digit national number."""
    return seal(ssin.encode("ascii"))


def decrypt(ciphertext: bytes | memoryview) -> str:
    """Return the national number; raises cryptography.fernet.InvalidToken when no key fits."""
    return unseal(ciphertext).decode("ascii")


def index_of(ssin: str) -> str:
    """Return the lookup value of a national number: 64 hex digits."""
    return hmac.new(settings.SSIN_INDEX_KEY.encode(), ssin.encode("ascii"), hashlib.sha256).hexdigest()
