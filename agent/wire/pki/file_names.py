"""The name that a key store's file had before a browser, a file manager or a person made a copy of it."""

import re
from typing import Final
from urllib.parse import unquote

_SUFFIX: Final = re.compile(r"\.(?:acc-p12|p12|pfx)\Z", re.IGNORECASE)
_SET_ASIDE: Final = re.compile(
    r"(?:\.(?:bak|old|orig|copy|kopie|copie|save|txt)\d*|~|_old|_bak|\s*\(\d+\))\Z", re.IGNORECASE
)
_COPY_WORD: Final = r"(?:kopie|kopij|copie|copy|kopia|duplicaat|duplicate)"
_BEHIND: Final = re.compile(
    rf"\s*(?:\(\d+\)|\[\d+\]|\((?:een )?{_COPY_WORD}(?: \d+)?\)|[-–_]+\s*{_COPY_WORD}(?:\s*\(?\d+\)?)?|\s{_COPY_WORD}(?:\s*\d+)?)\Z",  # noqa: E501
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(
    rf"\A(?:{_COPY_WORD}\b(?!\s*=)\s*(?:\(\d+\)\s*)?(?:van|of|de|d['’]|von|from)?\s*[-–:]?\s*)", re.IGNORECASE
)
_DATED: Final = re.compile(r"(?<=\S)[+_ ](?=\d{8}-\d{6}(?:\D|\Z))")
_MOST_MARKS: Final = 6


def original_file_name(name: str) -> str:
    """The name without what copying put around it: `(1)`, `- kopie`, `Kopie van`, `.P12`, `%20`, `.bak`.

    A name without such marks comes back as it is.
    """
    text = unquote(name) if re.search(r"%[0-9A-Fa-f]{2}", name) else name
    for _ in range(_MOST_MARKS):
        bare = _SET_ASIDE.sub("", text)
        if bare == text or not _SUFFIX.search(bare):
            break
        text = bare
    suffix = _SUFFIX.search(text)
    if suffix is None:
        return name
    stem = text[: suffix.start()]
    for _ in range(_MOST_MARKS):
        bare = _BEFORE.sub("", _BEHIND.sub("", stem))
        if bare == stem:
            break
        stem = bare
    if not stem:
        return name
    return _DATED.sub(" ", stem.replace("\N{NO-BREAK SPACE}", " ")) + suffix[0].lower()
