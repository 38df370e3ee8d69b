"""When two aliases of a key store are one, however the software that wrote them spells a name."""

import re
from typing import Final

from agent.wire.errors import NameMalformed
from agent.wire.pki.names import same_name

_HEXADECIMAL: Final = re.compile(r"=#((?:[0-9A-Fa-f]{2}){2,})(?=\s*(?:[,;+]|\Z))")
_ENCODINGS: Final = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
"""The string types that a name may be made of, by their tag (X.680 41)."""
_KEYWORDS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.42": "GIVENNAME",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
_NUMBERED: Final = re.compile(r"(?:\A|(?<=[,;+]))\s*(?:OID\.)?(\d+(?:\.\d+)+)\s*=", re.IGNORECASE)
_SPECIAL: Final = re.compile(r'([",+;<>\\=#])')


def same_alias(one: str, other: str) -> bool:
    """Whether two aliases name the same entry: capitals do not count, nor how a distinguished name is written."""
    if one.lower() == other.lower():
        return True
    try:
        return same_name(decoded(one), decoded(other))
    except NameMalformed:
        return decoded(one).lower() == decoded(other).lower()


def decoded(alias: str) -> str:
    """The alias with keywords for object identifiers and text for values in hexadecimal DER (RFC 4514 2.3, 2.4)."""
    named = _NUMBERED.sub(lambda match: f"{_KEYWORDS.get(match[1], match[1])}=", alias)
    return _HEXADECIMAL.sub(lambda match: "=" + (_text_of(bytes.fromhex(match[1])) or f"#{match[1]}"), named)


def _text_of(der: bytes) -> str | None:
    """The text of a short DER string, escaped for a name; None for anything else."""
    if der[0] not in _ENCODINGS or der[1] >= 0x80 or der[1] != len(der) - 2:
        return None
    try:
        text = der[2:].decode(_ENCODINGS[der[0]])
    except UnicodeDecodeError:
        return None
    return _SPECIAL.sub(r"\\\1", text)
