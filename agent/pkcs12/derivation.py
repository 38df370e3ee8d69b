"""Keys from passwords as PKCS#12 makes them (RFC 7292 appendix B.2)."""

import hashlib
from enum import IntEnum
from typing import Final

from agent.errors import StoreError
from agent.pkcs12.limits import MAXIMUM_SALT, Work

HASHES: Final = ("sha1", "sha224", "sha256", "sha384", "sha512")


class Purpose(IntEnum):
    """The ID byte of RFC 7292 appendix B.3."""

    KEY = 1
    IV = 2
    MAC = 3


def derive(
    password: str | bytes, salt: bytes, rounds: int, purpose: Purpose, size: int, hash_name: str, work: Work
) -> bytes:
    """`size` bytes of key material; a text goes in as a BMPString with its closing NUL (B.1), bytes as they are.

    Raises StoreError `store_too_costly` before deriving anything that `work` does not allow.
    """
    if len(salt) > MAXIMUM_SALT:
        raise StoreError("store_too_costly")
    digest = hashlib.new(hash_name)
    output, block = digest.digest_size, digest.block_size
    work.spend(rounds, -(-size // output))
    secret = password if isinstance(password, bytes) else (password + "\0").encode("utf-16-be")
    state = _filled(salt, block) + _filled(secret, block)
    made = b""
    while len(made) < size:
        part = hashlib.new(hash_name, bytes([purpose]) * block + state).digest()
        function = getattr(hashlib, hash_name)
        for _ in range(rounds - 1):
            part = function(part).digest()
        made += part
        add = int.from_bytes(_filled(part, block), "big") + 1
        modulus = 1 << (8 * block)
        state = b"".join(
            ((int.from_bytes(state[at : at + block], "big") + add) % modulus).to_bytes(block, "big")
            for at in range(0, len(state), block)
        )
    return made[:size]


def _filled(data: bytes, block: int) -> bytes:
    """The data repeated up to a multiple of the block; nothing stays nothing."""
    length = block * -(-len(data) // block)
    return (data * (length // len(data) + 1))[:length] if data else b""
