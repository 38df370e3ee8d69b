"""Which columns the list can show beside the certificate's name, and which it shows to whom nothing was chosen."""

from collections.abc import Iterable

COLUMNS = (
    *("environment", "state", "end", "begun", "key", "number", "holder"),
    *("owner", "issuer", "serial", "revocation", "source", "added"),
)
USUAL = ("environment", "state", "end", "begun", "key")


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the names that are columns, each once, in their order."""
    return tuple(name for name in dict.fromkeys(names) if name in COLUMNS)


def moved(names: tuple[str, ...], name: str, by: int) -> tuple[str, ...]:
    """Return the columns with one of them moved so many places; at the ends it stays."""
    if name not in names:
        return names
    rest = [one for one in names if one != name]
    rest.insert(max(0, names.index(name) + by), name)
    return tuple(rest)
