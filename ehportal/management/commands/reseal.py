"""`manage.py reseal`: everything sealed stands under the first key afterwards; it says which keys may be dropped."""

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ehportal.keys import numbers, sealed
from ehportal.keys.columns import INDEXED, SEALED
from ehportal.keys.sealed import Count
from ehportal.keys.standing import Standing, setting_of, standings
from ehportal.operation.prepare import Preparation, words_of

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
            shut: dict[tuple[str, str], int] = {}
            busy = 0
            if not options["check"]:
                try:
                    busy = self._reseal(connection)
                except psycopg.Error as error:
                    raise CommandError(
                        f"Stopped ({words_of(error)}). What was done stays; run this again, and it goes on."
                    ) from error
            shut = under_each(connection)
        self._tell(standings(), shut, looked_only=bool(options["check"]), busy=busy)

    def _reseal(self, connection: psycopg.Connection) -> int:
        counts = {}
        for place in SEALED:
            counts[place.name] = sealed.reseal(connection, place)
            self._line(place.name, counts[place.name])
        moved = numbers.move(connection)
        for name, count in moved.items():
            self._line(name, count)
        return sum(one.busy for one in [*counts.values(), *moved.values()])

    def _line(self, name: str, count: Count) -> None:
        said = f"resealed {count.resealed:>8}   right already {count.right:>8}   cannot be read {count.unreadable:>6}"
        self.stdout.write(f"  {name:<54} {said}" + (f"   busy {count.busy}" if count.busy else ""))

    def _tell(
        self,
        keys: list[Standing],
        under: dict[tuple[str, str], int],
        *,
        looked_only: bool,
        busy: int,
    ) -> None:
        needed = False
        for key in keys:
            number = under.get((key.setting, key.id), 0)
            verdict, holds = _verdict(key, number, undone=looked_only or bool(busy))
            needed |= holds
            self.stdout.write(f"{key.setting} {key.id or 'before ids':<10} {verdict}")
        if needed:
            raise CommandError(
                "Not every value stands under the first key yet: run manage.py reseal (again)."
            )


def under_each(connection: psycopg.Connection) -> dict[tuple[str, str], int]:
    """Return how many values stand under each key, by setting and id."""
    found: dict[tuple[str, str], int] = {}
    for place in (*SEALED, *INDEXED):
        for key, number in sealed.count_by_key(connection, place).items():
            where = setting_of(place.name), key
            found[where] = found.get(where, 0) + number
    return found


def _verdict(key: Standing, number: int, *, undone: bool) -> tuple[str, bool]:
    """Return what is said of a key, and whether something that it may be needed for is left to do.

    `undone` says that not every value was tried; else what is left stands there because no key opens it.
    """
    if key.writes:
        return f"writes; {number} values stand under it", False
    if not key.given:
        if not key.id:
            if undone:
                return f"{number} values; any key may be theirs", True
            return f"{number} values that no key opens", False
        said = "is not here" + (", as LOST_KEYS says" if key.lost else "")
        return f"{said}; {number} values stand under it and cannot be read", False
    if number == 0 and not (undone and key.doubt):
        return "may be dropped: nothing stands under it", False
    if undone:
        return f"is needed: {number} values stand under it", True
    return f"may be dropped, with LOST_KEYS={key.id}: the {number} values under it are damaged", False
