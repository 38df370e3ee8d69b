"""Names and other texts of a certificate, read so that no letter in them can make the rest unreadable.

What cannot be read becomes U+FFFD, and whoever reads is told that something did.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

MARK: Final = "\N{REPLACEMENT CHARACTER}"
COMMON_NAME: Final = "2.5.4.3"
ORGANISATIONAL_UNIT: Final = "2.5.4.11"
_SET: Final = 0x31
_SEQUENCE: Final = 0x30
_OID: Final = 0x06
_BIT_STRING: Final = 0x03
_T61: Final = 0x14
_ENCODINGS: Final = {
    0x0C: "utf-8",  # UTF8String
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_KEYWORDS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.42": "GN",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
_EHEALTH: Final = frozenset(_KEYWORDS) - {"2.5.4.9"}
"""Attribute types of the names that eHealth certificates bear."""
_BREAKS: Final = dict.fromkeys((*range(32), *range(127, 160), *range(55296, 57344)), MARK)
_ESCAPES: Final = {ord(c): "\\" + c for c in '"+,;<>\\'}
_TO_ESCAPE: Final = re.compile(r'["+,;<>\\]|\A[# ]| \Z')
_A_NUMBER: Final = re.compile(rb"\d{6}")
_MOST_REMEMBERED: Final = 500
"""Bytes of a name, or of a part of one, that is read once for all certificates that bear it."""

Rdn = tuple[tuple[str, str], ...]
"""A relative name: (type, value) of each attribute."""


@dataclass(frozen=True)
class NameTexts:
    """An X.501 name: its RDNs in DER order, each of (type, value). `whole` is false where a mark stands in it.

    `written` has the text of each RDN.
    """

    rdns: tuple[Rdn, ...]
    written: tuple[str, ...]
    whole: bool

    @cached_property
    def rfc4514(self) -> str:
        """The name as one line of text; a type that RFC 4514 has no word for stands as its number."""
        return ",".join(reversed(self.written))

    def values(self, kind: str) -> list[str]:
        """The values of one attribute type, in their order."""
        return [value for rdn in self.rdns for name, value in rdn if name == kind]

    @property
    def is_of_ehealth_kind(self) -> bool:
        """Whether it holds only what the names of eHealth certificates are made of, each alone in its RDN."""
        return all(len(rdn) == 1 and rdn[0][0] in _EHEALTH and rdn[0][1].strip() for rdn in self.rdns)


def elements(data: bytes, start: int = 0, end: int | None = None) -> list[tuple[int, int, int, int]]:
    """Tag, beginning, start of the contents and end of each element. Raises ValueError for what is no DER.

    Written out in one loop: an inventory reads some sixty elements of each certificate.
    """
    found = []
    stop = len(data) if end is None else end
    while start < stop:
        if start + 2 > stop:
            raise ValueError("truncated")
        tag, length = data[start], data[start + 1]
        content = start + 2
        if tag & 0x1F == 0x1F:
            raise ValueError("a tag number above 30")
        if length >= 0x80:
            size = length - 0x80
            if not 1 <= size <= 4 or content + size > stop:
                raise ValueError("a length that is indefinite, or beyond the end")
            length = int.from_bytes(data[content : content + size], "big")
            content += size
        after = content + length
        if after > stop:
            raise ValueError("a length beyond the end")
        found.append((tag, start, content, after))
        start = after
    return found


@lru_cache(maxsize=256)
def oid_of(contents: bytes) -> str:
    """An object identifier in dots. Raises ValueError for a number that is cut off or absurdly large."""
    if not contents or contents[-1] & 0x80 or len(contents) > 64:
        raise ValueError("not an object identifier")
    numbers, value = [], 0
    for octet in contents:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def string_of(tag: int, contents: bytes) -> str:
    """The text of an ASN.1 string on one line, with a mark for each part that cannot be read."""
    if tag == _T61:
        # What old authorities wrote there is Latin-1, whatever the standard asks.
        text = contents.decode("latin-1")
    elif tag in _ENCODINGS:
        text = contents.decode(_ENCODINGS[tag], "replace")
    elif tag == _BIT_STRING:
        text = "#" + contents.hex()
    else:
        text = MARK
    return text if text.isprintable() else text.translate(_BREAKS)


def name_texts(data: bytes, start: int, end: int) -> NameTexts:
    """Read the RDNs between `start` and `end`, the contents of a Name; what is malformed ends in a mark."""
    contents = data[start:end]
    return _remembered_name(contents) if is_remembered(contents) else read_name(contents)


def is_remembered(contents: bytes) -> bool:
    """Whether it is kept for the next certificate: authorities' names are, and no number of a person."""
    return len(contents) <= _MOST_REMEMBERED and not _A_NUMBER.search(contents)


def read_name(contents: bytes) -> NameTexts:
    """Read the contents of a Name."""
    rdns: list[Rdn] = []
    written: list[str] = []
    whole = True
    try:
        for tag, _at, inside, after in elements(contents):
            if tag != _SET:
                raise ValueError("not a set")
            part = contents[inside:after]
            rdn, text, readable = _remembered_rdn(part) if is_remembered(part) else read_rdn(part)
            whole = whole and readable
            rdns.append(rdn)
            written.append(text)
    except ValueError:
        return NameTexts((*rdns, ((COMMON_NAME, MARK),)), (*written, f"CN={MARK}"), False)
    return NameTexts(tuple(rdns), tuple(written), whole)


def read_rdn(contents: bytes) -> tuple[Rdn, str, bool]:
    """Read one relative name, the contents of a set: its parts, its text, and whether no mark stands in it.

    Raises ValueError.
    """
    rdn = []
    whole = True
    for kind, _begin, content, stop in elements(contents):
        (oid_tag, _a, oid_at, oid_end), (value_tag, _b, value_at, value_end) = elements(
            contents, content, stop
        )
        if kind != _SEQUENCE or oid_tag != _OID:
            raise ValueError("not an attribute")
        value = string_of(value_tag, contents[value_at:value_end])
        whole = whole and MARK not in value
        rdn.append((oid_of(contents[oid_at:oid_end]), value))
    return (
        tuple(rdn),
        "+".join([f"{_KEYWORDS.get(kind, kind)}={_escaped(value)}" for kind, value in rdn]),
        whole,
    )


_remembered_name = lru_cache(maxsize=256)(read_name)
_remembered_rdn = lru_cache(maxsize=2048)(read_rdn)


def _escaped(value: str) -> str:
    if not _TO_ESCAPE.search(value):
        return value
    text = value.translate(_ESCAPES)
    if text.startswith(("#", " ")):
        text = "\\" + text
    if len(text) > 1 and text.endswith(" "):
        text = text[:-1] + "\\ "
    return text
