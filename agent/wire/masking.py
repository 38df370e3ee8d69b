"""National numbers taken out of texts: certificate names and file paths bear them, in every way of writing digits."""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

MASK: Final = "••"

_UNSEEN = r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
"""Characters that a screen does not show: soft hyphen, zero-width ones, marks of direction and variation."""
_BETWEEN = r" \t./\\,:_·\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\-\u2010-\u2015\u2212\uff0d\uff0e\uff0f\uff1a\uff3f"
"""What people and programs put between the groups of a number."""
_HIDDEN = rf"[{_UNSEEN}]{{0,3}}"
_GAP = rf"[{_UNSEEN}{_BETWEEN}]{{0,4}}"
_ONE_GAP = rf"[{_UNSEEN}{_BETWEEN}]{{1,4}}"
_GROUPS = _GAP.join(_HIDDEN.join([r"\d"] * size) for size in (2, 2, 2, 3, 2))
_SPACED = rf"\d(?:{_ONE_GAP}\d){{10}}"
_NUMBER = re.compile(rf"(?<!\d)(?:{_GROUPS}|{_SPACED})(?!\d)")
_PERHAPS = re.compile(rf"\d(?:{_GAP}\d){{10}}")
"""Whatever `_NUMBER` finds holds this, and it is looked for in a tenth of the time: most texts hold no number."""
_HASH = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]{0,40}[a-fA-F])(?:[0-9a-f]{20,128}|[0-9A-F]{20,128})(?![0-9A-Za-z])"
)
"""Fingerprints and ids hold eleven digits in a row by chance."""
_NAMES = ("SSIN", "INSS", "NISS", "BIS")
_NAMED = re.compile(rf"(?i)\b({'|'.join(_NAMES)})(\\?[=＝])[0-9A-Za-z]+")


def mask_numbers(text: str, mask: Callable[[str, int, int, str], str | None]) -> str:
    """The text with every run of eleven digits that `mask` has a replacement for, however it is written.

    `mask` is given the text, where the run begins and ends, and its digits (ASCII); None leaves it. Bounded in time by
    the length of the text: a run of digits is at most some sixty characters long.
    """
    if not _PERHAPS.search(text):
        return text
    pieces, done, position = [], 0, 0
    hashes = _HASH.finditer(text)
    hash_begin, hash_end = _next_span(hashes)
    while found := _NUMBER.search(text, position):
        start, end = found.span()
        while hash_end <= start:
            hash_begin, hash_end = _next_span(hashes)
        if hash_begin <= start:
            position = hash_end
            continue
        digits = "".join(str(unicodedata.decimal(c)) for c in found[0] if c.isdecimal())
        replaced = mask(text, start, end, digits)
        if replaced is None:
            position = start + 1
            continue
        pieces += [text[done:start], replaced]
        done = position = end
    return "".join([*pieces, text[done:]])


def _next_span(found: Iterator[re.Match[str]]) -> tuple[int, int]:
    match = next(found, None)
    return match.span() if match else (sys.maxsize, sys.maxsize)


def mask_national_numbers(text: str) -> str:
    """The text with •• for every national number: what is named so, and any eleven digits that check as one.

    Masking twice changes nothing more.
    """
    # The whole numbers first: of one that is written in groups, a name before it would take the first group only.
    text = mask_numbers(text, lambda _text, _start, _end, digits: MASK if _checks(digits) else None)
    return mask_named(text)


def _may_be_named(text: str) -> bool:
    """Whether something may be named so: most texts tell quickly. Other scripts have letters of their own for these."""
    if not text.isascii():
        return True
    capitals = text.upper()
    return any(name in capitals for name in _NAMES)


def mask_named(text: str) -> str:
    """The text with •• for whatever is named a national number, however its digits check."""
    if not _may_be_named(text):
        return text
    return _NAMED.sub(rf"\1\2{MASK}", text)


def holds_national_number(text: str) -> bool:
    """Whether masking would change the text."""
    if not _PERHAPS.search(text) and not _may_be_named(text):
        return False
    return mask_national_numbers(text) != text


def _checks(digits: str) -> bool:
    """97 less the first nine digits modulo 97; with a 2 before them for who was born from 2000 on."""
    check = int(digits[9:])
    return check in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)
