"""Asking for a password: the known one is free, three may be typed, and what is not a password ends it at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from agent.errors import Cancelled, StoreError
from agent.stores.unlock import unlock
from agent.ui import Dialogue


@dataclass
class Person:
    answers: Iterator[str | None]
    asked: list[bool] = field(default_factory=list)

    def password(self, what: str, *, again: bool) -> str | None:
        assert what == "the store"
        self.asked.append(again)
        return next(self.answers)


def opening(password: str) -> int:
    if password == "broken":
        raise StoreError("store_unreadable")
    if password != "right":
        raise StoreError("password_wrong")
    return 7


@pytest.mark.parametrize(
    ("first", "typed", "asked"),
    [
        ("right", [], []),
        ("old", ["right"], [False]),
        ("old", ["a", "b", "right"], [False, True, True]),
        ("", ["right"], [False]),
        ("", ["a", "b", "right"], [False, True, True]),
    ],
)
def test_what_opens_it_comes_back(first: str, typed: list[str | None], asked: list[bool]) -> None:
    person = Person(iter(typed))
    assert unlock(cast(Dialogue, person), "the store", opening, first=first) == (7, "right")
    assert person.asked == asked


@pytest.mark.parametrize("first", ["", "old"])
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["a", "b", "c"], "password_wrong"),
        (["a", None], "cancelled"),
        ([""], "cancelled"),
        (["a", "broken"], "store_unreadable"),
    ],
)
def test_what_ends_it(first: str, typed: list[str | None], code: str) -> None:
    person = Person(iter(typed))
    with pytest.raises((StoreError, Cancelled), match=code):
        unlock(cast(Dialogue, person), "the store", opening, first=first)
    assert len(person.asked) == len(typed)
