"""`manage.py reseal`: everything sealed stands under the first key afterwards; it says which keys may be dropped."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehportal.keys import numbers, sealed
from ehportal.keys.columns import INDEXED, SEALED
from ehportal.keys.sealed import Count
from ehportal.keys.standing import Standing, setting_of, standings
from ehportal.operation.prepare import Preparation, words_of

Key = tuple[str, str]
"""Its setting and its id."""
RESEALING = 20110
"""The advisory lock of whoever reseals: one at a time."""


class Command(BaseCommand):
    """Works as the owner, beside web and workers; killed and run again, it goes on where it was."""

    help = (
        "Write everything that is sealed, and every index of a national number, anew under the first of SSIN_KEYS and "
        "SSIN_INDEX_KEYS, and say which keys nothing needs any more. Needs DATABASE_OWNER_URL, as prepare does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether only to look."""
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; fail where a former key is still needed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reseal, or look. Raises CommandError where something is left that a former key is needed for."""
        with Preparation(self.stdout.write).as_owner() as connection:
            [(alone,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", [RESEALING]).fetchall()
            if not alone:
                raise CommandError("Another reseal is at it; run this again when it is done.")
            connection.execute("SET lock_timeout = '2s'")
            try:
                shut: Counter[Key] = Counter() if options["check"] else self._reseal(connection)
                under = under_each(connection)
            except psycopg.Error as error:
                raise CommandError(
                    f"Stopped ({words_of(error)}). What was done stays; run this again, and it goes on."
                ) from error
        needed = False
        for key in standings():
            verdict, holds = _verdict(key, under, shut)
            needed |= holds
            self.stdout.write(f"{key.setting} {key.id or 'before ids':<10} {verdict}")
        if needed:
            raise CommandError(
                "Not every value stands under the first key yet: run manage.py reseal (again)."
            )

    def _reseal(self, connection: psycopg.Connection) -> "Counter[Key]":
        """Write everything anew; return how many values no key opens, by key."""
        shut: Counter[Key] = Counter()
        for name, count in self._places(connection):
            said = f"resealed {count.resealed:>8}   right already {count.right:>8}"
            said += f"   cannot be read {count.unreadable:>6}" + (
                f"   busy {count.busy}" if count.busy else ""
            )
            self.stdout.write(f"  {name:<54} {said}")
            shut.update({(setting_of(name), key): number for key, number in count.left.items()})
        return shut

    def _places(self, connection: psycopg.Connection) -> Iterator[tuple[str, Count]]:
        for place in SEALED:
            yield place.name, sealed.reseal(connection, place)
        yield from numbers.move(connection).items()


def under_each(connection: psycopg.Connection) -> "Counter[Key]":
    """Return how many values stand under each key."""
    found: Counter[Key] = Counter()
    for place in (*SEALED, *INDEXED):
        for key, number in sealed.count_by_key(connection, place).items():
            found[setting_of(place.name), key] += number
    return found


def _verdict(key: Standing, under: "Counter[Key]", shut: "Counter[Key]") -> tuple[str, bool]:
    """Return what is said of a key, and whether something that it may be needed for is left to do.

    Of what stands `under` each key, no key opens what is `shut`: it stays, and nothing is to be done about it here.
    """
    number = under[key.setting, key.id]
    undone = number > shut[key.setting, key.id]
    ancient = under[key.setting, ""] > shut[key.setting, ""]
    if key.writes:
        return f"writes; {number} values stand under it", False
    if not key.id:
        return f"{number} values; " + ("any key may be theirs" if undone else "no key opens them"), undone
    if not key.given:
        lost = "is not here, as LOST_KEYS says" if key.lost else "is not here"
        return f"{lost}; {number} values stand under it", False
    if undone:
        return f"is needed: {number} values stand under it", True
    if ancient:
        return "may be needed, by what is older than the ids of keys", True
    if number:
        return f"may be dropped, with LOST_KEYS={key.id}: nobody can read the {number} values under it", False
    return "may be dropped: nothing stands under it", False
