"""How a typed password becomes the bytes that a key store is protected with: software never agreed on it.

RFC 7292 B.1 wants a BMPString with its closing NUL. OpenSSL before 1.1 widened the bytes that the terminal gave it, so
that an accented letter in UTF-8 became two characters; a store without password is written with an empty string, or
with no string at all; and what PBKDF2 gets is UTF-8 (RFC 8018) or the letters of an older terminal.
"""

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Encoding:
    """One reading of a password: `wide` for the derivation of PKCS#12, `narrow` for PBKDF2."""

    wide: bytes
    narrow: bytes


def encodings_of(password: str) -> tuple[Encoding, ...]:
    """Every reading of a typed password, the standard's first. Raises UnicodeEncodeError for half a surrogate pair."""
    narrow = password.encode()
    standard = Encoding(_wide(password), narrow)
    if not password:
        return (standard, Encoding(b"", b""))
    if password.isascii():
        return (standard,)
    widened = _wide(narrow.decode("latin-1"))
    found = [standard, Encoding(widened, narrow)]
    try:
        old = password.encode("cp1252")
    except UnicodeEncodeError:
        return tuple(found)
    found.append(Encoding(_wide(old.decode("latin-1")), old))
    return tuple(found)


def _wide(text: str) -> bytes:
    return (text + "\0").encode("utf-16-be")
