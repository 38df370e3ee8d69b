"""What stands in a trust store: certificates under names, in an order, each with the moment it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """One trusted certificate. `past` marks an authority that counts for what it signed once, and for nothing new."""

    alias: str
    der: bytes
    since: datetime
    past: bool = False


class StoreNotBuilt(Exception):
    """What was written does not read back as it must: nobody gets it."""


class StoreUnreadable(Exception):
    """What somebody gave as a trust store is none, or its password is another one."""


def check_names(entries: Sequence[Entry]) -> None:
    """Check that every name is one that Java finds again: small letters, and each once. Raises StoreNotBuilt."""
    names = [one.alias for one in entries]
    if any(not name or name != name.lower() or not name.isprintable() for name in names):
        raise StoreNotBuilt("a name that Java would not find")
    if len(set(names)) != len(names):
        raise StoreNotBuilt("two entries of one name")
