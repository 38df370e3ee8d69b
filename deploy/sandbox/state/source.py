"""The authentic source: people and their health care qualities, organisations, and who may act for which.

The document is JSON (its shape is in the README). It is read from a file, kept in the state, and may be
changed over the control address; every change is checked whole before it takes effect.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deploy.sandbox.state.organisation_types import BY_TYPE, is_ssin
from deploy.sandbox.state.store import Store, write_setting

DEFAULT = Path(__file__).resolve().parents[1] / "source.json"
Identifier = tuple[str, str]


class SourceError(Exception):
    """A source document cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Organisation:
    """A legal person; `name` is the official one, the one that goes into certificates."""

    name: str
    names: dict[str, str]
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True)
class Mandate:
    """From when (inclusive) until when (inclusive, or open) a person may act for an organisation."""

    ssin: str
    organisation: Identifier
    since: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the mandate is in force on this day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Source:
    """One consistent state of the authentic source."""

    qualities: dict[str, tuple[str, ...]]
    organisations: tuple[Organisation, ...]
    mandates: tuple[Mandate, ...]

    def organisation(self, identifier: Identifier) -> Organisation | None:
        """The organisation with this identifier, if it is known."""
        return next((o for o in self.organisations if identifier in o.identifiers), None)

    def is_care_provider(self, ssin: str) -> bool:
        """Whether this person has at least one health care quality."""
        return bool(self.qualities.get(ssin))

    def organisations_of(self, ssin: str, day: date) -> tuple[Organisation, ...]:
        """The organisations that a person may act for on this day, in the order of the document."""
        named = [m.organisation for m in self.mandates if m.ssin == ssin and m.holds_on(day)]
        return tuple(o for o in self.organisations if any(i in named for i in o.identifiers))

    def may_act(self, ssin: str, identifier: Identifier, day: date) -> bool:
        """Whether a person may act for the organisation with this identifier: any of its numbers will do."""
        return any(identifier in o.identifiers for o in self.organisations_of(ssin, day))


def read(document: Any) -> Source:
    """Parse a source document; raises SourceError."""
    try:
        qualities = {_ssin(p["ssin"]): tuple(map(str, p.get("qualities", ()))) for p in document["people"]}
        organisations = tuple(_organisation(o) for o in document["organisations"])
        mandates = tuple(_mandate(m) for m in document["mandates"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"The source document is not understood: {type(error).__name__} {error}") from error
    source = Source(qualities, organisations, mandates)
    identifiers = [i for o in organisations for i in o.identifiers]
    if len(identifiers) != len(set(identifiers)):
        raise SourceError("Two organisations have the same identifier.")
    for mandate in mandates:
        if mandate.ssin not in qualities or source.organisation(mandate.organisation) is None:
            raise SourceError("A mandate names a person or an organisation that the source does not hold.")
    return source


def _ssin(value: str) -> str:
    if not is_ssin(value):
        raise ValueError("an SSIN has wrong check digits")
    return value


def _identifier(value: Any) -> Identifier:
    kind, number = value["type"], value["value"]
    if kind not in BY_TYPE or not BY_TYPE[kind].accepts(number):
        raise ValueError(f"{kind} {number} is not a valid identifier")
    return kind, number


def _organisation(value: Any) -> Organisation:
    identifiers = tuple(_identifier(i) for i in value["identifiers"])
    return Organisation(str(value["name"]), dict(value.get("names") or {"nl": value["name"]}), identifiers)


def _mandate(value: Any) -> Mandate:
    until = value.get("until")
    return Mandate(
        _ssin(value["ssin"]),
        _identifier(value["organisation"]),
        date.fromisoformat(value["since"]),
        date.fromisoformat(until) if until else None,
    )


_KEYS: dict[str, Callable[[Any], object]] = {
    "people": lambda e: e["ssin"],
    "organisations": lambda e: (e["identifiers"][0]["type"], e["identifiers"][0]["value"]),
    "mandates": lambda e: (e["ssin"], e["organisation"]["type"], e["organisation"]["value"]),
}


class SourceKeeper:
    """Loads, keeps and changes the source of one sandbox."""

    def __init__(self, store: Store, file: Path | None) -> None:
        """Read the file when it is new or changed since it was last read; else keep what the state holds."""
        self._store = store
        path = file or DEFAULT
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if store.setting("source_digest") != digest:
            self._write(json.loads(content), digest)

    def current(self) -> Source:
        """The source at this moment."""
        return read(self.document())

    def document(self) -> dict[str, Any]:
        """The source as JSON."""
        return dict(self._store.setting("source"))

    def replace(self, document: Any) -> None:
        """Put another document in its place; raises SourceError and changes nothing when it is not valid."""
        self._write(document, self._store.setting("source_digest"))

    def merge(self, changes: Any) -> None:
        """Add or replace people (by SSIN), organisations (by first identifier) and mandates (by both)."""
        if not isinstance(changes, dict) or not all(isinstance(v, list) for v in changes.values()):
            raise SourceError("Changes are lists under people, organisations or mandates.")
        document = self.document()
        for section, key in _KEYS.items():
            try:
                entries = {key(entry): entry for entry in document[section]}
                entries.update({key(entry): entry for entry in changes.get(section, [])})
            except (KeyError, TypeError, IndexError) as error:
                raise SourceError(f"An entry of {section} lacks what identifies it.") from error
            document[section] = list(entries.values())
        self.replace(document)

    def _write(self, document: Any, digest: str | None) -> None:
        read(document)
        with self._store.transaction() as db:
            write_setting(db, "source", document)
            write_setting(db, "source_digest", digest)
