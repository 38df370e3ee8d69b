"""National numbers taken out of texts that cross the link: certificate names and file paths bear them."""

import re
from typing import Final

MASK: Final = "••"

_NAMED = re.compile(r"(?i)\b(SSIN|INSS|NISS|BIS)(\\?=)[0-9A-Za-z]+")
_ELEVEN = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
_WRITTEN = re.compile(r"(?<![0-9])([0-9]{2})\.([0-9]{2})\.([0-9]{2})[-.]([0-9]{3})[-.]([0-9]{2})(?![0-9])")


def mask_national_numbers(text: str) -> str:
    """The text with •• for every national number: what is named so, and any eleven digits that check as one.

    Masking twice changes nothing more.
    """
    text = _NAMED.sub(rf"\1\2{MASK}", text)
    text = _WRITTEN.sub(lambda match: MASK if _checks("".join(match.groups())) else match[0], text)
    return _ELEVEN.sub(lambda match: MASK if _checks(match[0]) else match[0], text)


def holds_national_number(text: str) -> bool:
    """Whether masking would change the text."""
    return mask_national_numbers(text) != text


def _checks(digits: str) -> bool:
    """97 less the first nine digits modulo 97; with a 2 before them for who was born from 2000 on."""
    check = int(digits[9:])
    return check in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)
