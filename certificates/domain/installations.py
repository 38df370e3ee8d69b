"""Reading what a workstation says of a key store that nobody opened: whose it is, and when it ends about."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.wire.errors import NameMalformed
from agent.wire.pki.moments import EARLIEST, LATEST
from agent.wire.pki.names import CertificateName, certificate_name, read_file_name

LIFETIME_YEARS = 3
"""Creation date + 3 years gives the end date (domain notes, 01); the certificate inside is the truth."""

TOLERANCE = timedelta(days=1)
"""A certificate ends up to a day from its estimate: key stores are made before delivery, validity is three years and a
day, and a file's name bears local time."""

_SEPARATOR = re.compile(r"[\\/]")


@dataclass(frozen=True)
class Estimate:
    """What the name of a key store tells; `not_after` is about right, UTC."""

    name: CertificateName
    environment: str
    not_after: datetime


def file_of(path: str) -> str:
    """Return the last part of a path of any system."""
    return _SEPARATOR.split(path)[-1]


def estimate(path: str) -> Estimate | None:
    """Return what the file's name tells, None when it is not named as the official application does."""
    facts = read_file_name(file_of(path))
    if facts is None:
        return None
    made, ends_in = facts.created.replace(tzinfo=UTC), facts.created.year + LIFETIME_YEARS
    if not EARLIEST.year <= ends_in <= LATEST.year:
        return None
    leap = (made.month, made.day) == (2, 29)
    ends = made.replace(year=ends_in, month=3, day=1) if leap else made.replace(year=ends_in)
    return Estimate(facts.name, facts.environment, ends)


def name_of(subject: str | None, path: str) -> CertificateName | None:
    """Return whose key store it is: as the certificate says, else as the file's name says."""
    if subject is not None:
        try:
            return certificate_name(subject)
        except NameMalformed:
            return None
    guess = estimate(path)
    return guess.name if guess else None


def lies_under(path: str, folders: tuple[str, ...]) -> bool:
    """Whether `path` is in one of `folders` or below, by whole parts: /a/b is not under /a/bc."""
    parts = _SEPARATOR.split(path)
    for folder in folders:
        stem = _SEPARATOR.split(folder.rstrip("\\/"))
        if len(stem) < len(parts) and parts[: len(stem)] == stem:
            return True
    return False
