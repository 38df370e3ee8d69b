"""Whether a list that was signed as it must be may take the place of the one that is held."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from certificates.domain.trusted import Refusal
from certificates.trust.lists.reading import TrustedList
from certificates.trust.lists.refused import ListRefused

AHEAD = timedelta(minutes=10)
"""By how much an issue may lie ahead of our clock."""
_HEX = re.compile(rb"\A[0-9a-fA-F]{64}")
DIGEST_BYTES = 32


@dataclass(frozen=True)
class Held:
    """What is known of the version that is held."""

    sequence: int
    digest: str
    scheme: str


def digest_of(content: bytes) -> str:
    """Return the digest that `.sha2` holds of a list: SHA-256, hex."""
    return hashlib.sha256(content).hexdigest()


def read_digest(content: bytes) -> str:
    """Return what a `.sha2` file says, in hex: published as hexadecimal digits, here also as raw bytes.

    Raises ListRefused for anything else.
    """
    found = _HEX.match(content.strip())
    if found:
        return found[0].decode().lower()
    if len(content) == DIGEST_BYTES:
        return content.hex()
    raise ListRefused(Refusal.HASH, "the digest beside the list is none")


def weigh(found: TrustedList, digest: str, held: Held | None, now: datetime) -> bool:
    """Return whether a verified list is new; False where it is the held one, byte for byte. Raises ListRefused."""
    if found.issued_at > now + AHEAD:
        raise ListRefused(Refusal.AHEAD, "the list was issued after this moment")
    if found.next_update is not None and found.next_update <= now:
        raise ListRefused(Refusal.OVER, "the next list should be there by now")
    if held is None:
        return True
    if found.scheme != held.scheme:
        raise ListRefused(Refusal.OTHER_LIST, "the list of another scheme")
    if found.sequence < held.sequence:
        raise ListRefused(Refusal.OLDER, "the list is older than the one that is held")
    if found.sequence == held.sequence:
        if digest != held.digest:
            raise ListRefused(Refusal.OTHER_BYTES, "the same number, and other bytes")
        return False
    return True
