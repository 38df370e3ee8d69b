"""How the work stands, kind by kind: figures and errors, nothing that an organisation wrote."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from ehportal.lanes import KINDS
from organisations.domain.work import Lane
from organisations.services.work.kinds import Kind

MOST_SHOWN = 200
"""Failing rows that a page shows of one kind."""


@dataclass(frozen=True)
class Standing:
    """One kind of work at this moment."""

    kind: Kind
    due: int
    """Rows that wait for a worker."""
    oldest: datetime | None
    """Since when the first of them is due."""
    leased: int
    """Rows that a worker is at."""
    failing: int
    """Rows whose last step did not come to its end, and which are tried again."""
    parked: int
    """Rows that nobody tries any more."""

    def age(self, now: datetime) -> float:
        """Return how many seconds the oldest has waited; 0 when nothing waits."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


@dataclass(frozen=True)
class Failing:
    """One row whose last step did not come to its end."""

    kind: Kind
    organisation_id: UUID
    row_id: UUID
    tries: int
    failure: dict[str, str]
    """error, where, at."""
    parked_at: datetime | None


def standing(kinds: Sequence[Kind] = KINDS) -> list[Standing]:
    """Return how each kind stands; one query a kind, each as quick as a worker's look."""
    found = []
    with connection.cursor() as cursor:
        for kind in kinds:
            cursor.execute(
                f"SELECT due, oldest, leased, failing, parked FROM ehportal_standing_{kind.name}()"  # noqa: S608  # names of ours
            )
            found.append(Standing(kind, *cursor.fetchone()))
    return found


def failing(kinds: Sequence[Kind] = KINDS, *, most: int = MOST_SHOWN) -> list[Failing]:
    """Return the rows that fail, the parked ones of each kind first; at most `most` of a kind."""
    found = []
    with connection.cursor() as cursor:
        for kind in kinds:
            cursor.execute(
                "SELECT organisation_id, id, tries, failure::text, parked_at"  # noqa: S608  # names of ours
                f" FROM ehportal_failing_{kind.name}(%s)",
                [most],
            )
            found += [
                Failing(kind, row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in cursor.fetchall()
            ]
    return found


def lanes(rows: Sequence[Standing]) -> list[tuple[Lane, list[Standing]]]:
    """Return the rows lane by lane, in the order of the lanes."""
    return [(lane, [row for row in rows if row.kind.lane is lane]) for lane in Lane]
