"""How a secret looks: `ehp_`, 43 random characters, and a checksum by which scanners for leaks know it."""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "ehp_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM = 43
"""Characters of 62 each: 256 bits."""
CHECK = 6
"""Characters of the CRC-32 of everything before, as GitHub's tokens have it."""
SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECK}}}")


def new_secret() -> str:
    """Return a secret that nobody has had."""
    body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return body + _check(body)


def is_secret(text: str) -> bool:
    """Tell whether `text` has the shape of a secret and its checksum fits: no database is asked."""
    return SHAPE.fullmatch(text) is not None and text[-CHECK:] == _check(text[:-CHECK])


def digest_of(secret: str) -> str:
    """Return what is kept of a secret; it has enough entropy to be hashed once."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(CHECK):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return text
