"""Claiming rows, and writing down how the step ended. One clock decides what is due: the database's."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Least, Now

from organisations.models.queued import AS_IF_NEVER_FAILED, Queued
from organisations.services.work.kinds import Kind
from organisations.tenancy import acting_for

HOUSE = Path(__file__).resolve().parents[3]
MOST_TRIES = 1000
"""Where counting ends: what is tried for ever must not outgrow its column."""
DIED = "worker died"
"""The error of a row whose workers never came back to write one down."""


@dataclass(frozen=True)
class Claim:
    """One row that is this worker's until its lease ends."""

    kind: Kind
    organisation_id: UUID
    row_id: UUID
    owner: str
    tries: int
    """How often it was taken up since a step last came to its end, this time included."""
    at: datetime
    """When it was claimed, by the database's clock."""


def claim(kind: Kind, owner: str, *, most: int = 1) -> list[Claim]:
    """Lease up to `most` rows that are due, organisations in turn. Call outside transactions."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT organisation_id, id, tries, claimed_at FROM ehportal_claim_{kind.name}(%s, %s, %s)",  # noqa: S608  # names of ours
            [owner, int(kind.lease.total_seconds()), most],
        )
        return [Claim(kind, row[0], row[1], owner, row[2], row[3]) for row in cursor.fetchall()]


def claim_this(kind: Kind, owner: str, organisation_id: UUID, row_id: UUID) -> Claim | None:
    """Lease one planned row, due or not; None when a worker is at it, or nothing is planned. Outside transactions."""
    free = Q(leased_until=None) | Q(leased_until__lte=Now())
    until = Now() + Value(kind.lease, output_field=models.DurationField())
    with acting_for([organisation_id], as_platform=True):
        rows = kind.model._default_manager.filter(pk=row_id)
        planned = rows.filter(free, parked_at=None, **{f"{kind.due}__isnull": False})
        if not planned.update(
            leased_by=owner, leased_until=until, tries=Least(F("tries") + 1, MOST_TRIES), **{kind.due: until}
        ):
            return None
        tries, at = rows.values_list("tries", Now()).get()
    return Claim(kind, organisation_id, row_id, owner, tries, at)


def settle(claimed: Claim) -> None:
    """Note that the step came to its end, whatever its outcome; what it planned next stands in the row."""
    _write(claimed, {"leased_by": "", "leased_until": None, "tries": 0, "failure": None})


def untouched(now: datetime, *, due: str = "next_attempt_at") -> Q:
    """Return the condition that nobody wrote a row's due time since it was taken up for its step at `now`.

    While a worker has it, its due time is the end of the lease; anything else was written by who wants it taken up.
    """
    return Q(**{due: F("leased_until")}) | Q(leased_until=None, **{f"{due}__lte": now})


def plan_next(
    model: type[Queued], row_id: UUID, at: datetime | None, now: datetime, *, due: str = "next_attempt_at"
) -> None:
    """Plan a row's next turn from within its step, None for no further one, unless somebody wants it sooner meanwhile.

    For whom the row is visible, in the caller's transaction where there is one.
    """
    planned = untouched(now, due=due)
    planned |= Q(leased_until=None) if at is None else Q(**{f"{due}__gt": at})
    model._default_manager.filter(planned, pk=row_id).update(**{due: at})


def note_failure(claimed: Claim, error: BaseException) -> bool:
    """Note that the step did not come to its end; return True when the row is parked from now on."""
    return _fail(claimed, type(error).__name__, _where(error))


def park_if_deadly(claimed: Claim) -> bool:
    """Park a row that no worker ever came back from, as often as one may try; return whether it was."""
    if not claimed.kind.parks or claimed.tries <= len(claimed.kind.pauses) + 1:
        return False
    return _fail(claimed, DIED, "")


def _fail(claimed: Claim, error: str, where: str) -> bool:
    kind = claimed.kind
    failure = {"error": error, "where": where, "at": claimed.at.isoformat()}
    parked = kind.parks and claimed.tries > len(kind.pauses)
    pause = kind.pauses[min(claimed.tries, len(kind.pauses)) - 1]
    values: dict[str, object] = {"leased_by": "", "leased_until": None, "failure": failure}
    if parked:
        values["parked_at"] = Now()
    else:
        again = Now() + Value(pause, output_field=models.DurationField())
        # What the step had planned before it failed is not brought forward: a grace period may depend on it.
        values[kind.due] = Case(
            When(**{kind.due: None}, then=None),
            When(**{kind.due: F("leased_until")}, then=again),
            default=Greatest(kind.due, again),
        )
    _write(claimed, values)
    return parked


def _write(claimed: Claim, values: Mapping[str, object]) -> None:
    """Write only what is still this worker's: after the lease somebody else may be at it."""
    with acting_for([claimed.organisation_id], as_platform=True):
        claimed.kind.model._default_manager.filter(pk=claimed.row_id, leased_by=claimed.owner).update(
            **values
        )


def _where(error: BaseException) -> str:
    """Return the last line of our own that the error came through. Its message may hold what is nobody's business."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(HOUSE) and "site-packages" not in path.parts:
            return f"{path.relative_to(HOUSE).as_posix()}:{frame.lineno}"
    return ""


def release(kind: Kind, organisation_id: UUID, row_id: UUID) -> bool:
    """Let a parked row be taken up again, as if it had never failed; return False when it was not parked."""
    again: dict[str, object] = AS_IF_NEVER_FAILED | {kind.due: Now()}
    with acting_for([organisation_id], as_platform=True):
        parked = kind.model._default_manager.filter(pk=row_id, parked_at__isnull=False)
        return bool(parked.update(**again))
