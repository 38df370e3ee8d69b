"""What the government's answers mean, what to do about them and whom to turn to.

The platform publishes its SOA codes and little more. Codes of our sandbox stand in for the rest and say so; a code
that nobody described is read by the words in it, marked as a guess, and always shown as it was.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from certificates.web.catalogue.entry import Entry, Group, plain
from certificates.web.catalogue.requests import REQUESTS
from certificates.web.catalogue.signing import SIGNING
from certificates.web.catalogue.tokens import DEPOT, TOKENS
from certificates.web.catalogue.transport import TRANSPORT

__all__ = ["CATALOGUE", "Entry", "Group", "Reading", "read_code", "search"]

CATALOGUE: tuple[Entry, ...] = (*TRANSPORT, *SIGNING, *REQUESTS, *TOKENS, *DEPOT)
BY_CODE = {code: entry for entry in CATALOGUE for code in entry.codes}
MAX_CODE_CHARACTERS = 200


@dataclass(frozen=True)
class Reading:
    """A code as it was, the entry for it (None where nothing is known), and whether that is more than a guess."""

    code: str
    entry: Entry | None
    certain: bool


def read_code(code: str) -> Reading:
    """Find what is known of a code: SOA codes with or without prefix, and codes with details in brackets."""
    name = code.strip()[:MAX_CODE_CHARACTERS].upper().partition("[")[0].strip()
    name = f"SOA-{name}" if re.fullmatch(r"\d{5}", name) else name
    if name in BY_CODE:
        return Reading(code, BY_CODE[name], certain=True)
    fitting = [(fragment, entry) for entry in CATALOGUE for fragment in entry.fragments_in(name)]
    if not fitting:
        return Reading(code, None, certain=False)
    _fragment, entry = max(fitting, key=lambda pair: len(pair[0]))
    return Reading(code, entry, certain=False)


def search(words: str) -> tuple[tuple[Group, tuple[Entry, ...]], ...]:
    """Return the entries that hold all of `words` (in the active language or as code), by group, in their order."""
    wanted = plain(words).split()

    def found() -> Iterator[tuple[Group, tuple[Entry, ...]]]:
        for group in Group:
            entries = tuple(
                entry
                for entry in CATALOGUE
                if entry.group is group and all(word in entry.text for word in wanted)
            )
            if entries:
                yield group, entries

    return tuple(found())
