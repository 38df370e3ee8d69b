"""Reading JSON without guessing: every field named, typed and bounded, nothing unknown, nothing twice."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from agent.wire.errors import JobMalformed
from agent.wire.limits import MAX_JOB_BYTES, MAX_LIST_ITEMS, MAX_NAME_CHARACTERS

T = TypeVar("T")


def _no_duplicates(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    out: dict[str, object] = {}
    for key, value in pairs:
        if key in out:
            raise JobMalformed("a field stands there twice")
        out[key] = value
    return out


def _no_constant(text: str) -> object:
    raise JobMalformed("not a JSON number")


def load_object(data: bytes, *, limit: int = MAX_JOB_BYTES) -> dict[str, object]:
    """Parse UTF-8 JSON into an object; `limit` in bytes. Raises JobMalformed (`job_malformed`)."""
    if len(data) > limit:
        raise JobMalformed(f"more than {limit} bytes")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise JobMalformed("not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise JobMalformed("not a JSON object")
    return value


def is_xml_text(text: str) -> bool:
    """Whether XML 1.0 can carry every character (production 2, Char)."""
    return all(
        c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
        for c in text
    )


class Fields:
    """The fields of one JSON object; exactly `names`, each taken once by the method of its kind.

    `optional` ones may be missing: who writes them does so only for a reader that says it knows them.
    """

    def __init__(self, value: object, names: frozenset[str], optional: frozenset[str] = frozenset()) -> None:
        if not isinstance(value, dict) or not names <= set(value) <= names | optional:
            raise JobMalformed("an object has a field too many or too few")
        self._value: dict[str, object] = value

    def text(self, name: str, *, limit: int = MAX_NAME_CHARACTERS, empty: bool = False) -> str:
        """A string of at most `limit` characters that XML can carry."""
        return self._text(name, self._value[name], limit, empty)

    def optional_text(self, name: str, *, limit: int = MAX_NAME_CHARACTERS) -> str | None:
        """The same, or null, or not there."""
        value = self._value.get(name)
        return None if value is None else self._text(name, value, limit, False)

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        """A short string of the form that `pattern` gives, from its first character to its last."""
        text = self.text(name)
        if not pattern.fullmatch(text):
            raise JobMalformed(f"{name} is not written as it must be")
        return text

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._value[name]
        if not isinstance(value, bool):
            raise JobMalformed(f"{name} is neither true nor false")
        return value

    def number(self, name: str) -> int:
        """A whole number."""
        value = self._value[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise JobMalformed(f"{name} is not a whole number")
        return value

    def moment(self, name: str) -> datetime:
        """An ISO 8601 moment with its offset."""
        text = self.text(name, limit=40)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise JobMalformed(f"{name} is not a moment in time") from None
        if moment.tzinfo is None:
            raise JobMalformed(f"{name} has no time zone")
        return moment

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self._value[name]
        if not isinstance(value, bool):
            raise JobMalformed(f"{name} is not true or false")
        return value

    def each(
        self, name: str, read: Callable[[object], T], *, least: int = 0, most: int = MAX_LIST_ITEMS
    ) -> tuple[T, ...]:
        """A list of `least` to `most` entries, each read by `read`."""
        value = self._value[name]
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise JobMalformed(f"{name} is not a list of a sensible length")
        return tuple(read(item) for item in value)

    def each_if_there(
        self, name: str, read: Callable[[object], T], *, most: int = MAX_LIST_ITEMS
    ) -> tuple[T, ...]:
        """The same for an optional field; empty where it is missing."""
        return self.each(name, read, most=most) if name in self._value else ()

    def texts(
        self, name: str, *, least: int = 0, most: int = MAX_LIST_ITEMS, limit: int = MAX_NAME_CHARACTERS
    ) -> tuple[str, ...]:
        """A list of short strings."""
        return self.each(name, lambda item: self._text(name, item, limit, False), least=least, most=most)

    def raw(self, name: str) -> object:
        """The value as it is, for a reader of its own."""
        return self._value[name]

    @staticmethod
    def _text(name: str, value: object, limit: int, empty: bool) -> str:
        if not isinstance(value, str) or len(value) > limit or not (value or empty):
            raise JobMalformed(f"{name} is not a text of a sensible length")
        if not is_xml_text(value):
            raise JobMalformed(f"{name} holds a character that XML cannot carry")
        return value
