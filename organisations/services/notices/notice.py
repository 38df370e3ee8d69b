"""A notice: something that its readers are told once at a step, and how soon it is tried again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import models, transaction

from organisations.domain.roles import Permission
from organisations.models import Organisation, Reader, Reminder
from organisations.services.letters.mail import Note

log = structlog.get_logger(__name__)


class Urgency(IntEnum):
    """How soon a letter must be there; the most urgent leave first."""

    ROUTINE = 0
    """It speaks of what lies weeks ahead."""
    AT_ONCE = 1
    """Somebody is asked for something now."""
    EMERGENCY = 2
    """Somebody may be doing harm until it is read."""


HOUR, DAY = timedelta(hours=1), timedelta(days=1)

PAUSES: dict[Urgency, tuple[timedelta, ...]] = {
    Urgency.ROUTINE: (6 * HOUR, 1 * DAY, 2 * DAY),
    Urgency.AT_ONCE: (
        timedelta(minutes=5),
        timedelta(minutes=30),
        2 * HOUR,
        6 * HOUR,
        1 * DAY,
        2 * DAY,
    ),
    Urgency.EMERGENCY: (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(minutes=30),
        1 * HOUR,
        2 * HOUR,
        6 * HOUR,
        12 * HOUR,
        1 * DAY,
        2 * DAY,
    ),
}
"""How long a refused notice waits before it is tried again; after the last one nothing more is tried."""

AFTER_OUTAGE: dict[Urgency, timedelta] = {
    Urgency.ROUTINE: timedelta(minutes=5),
    Urgency.AT_ONCE: timedelta(minutes=2),
    Urgency.EMERGENCY: timedelta(minutes=1),
}
"""When a reader is written to again after the mail server could not be reached: by the most urgent that waits."""

CLAIM = timedelta(minutes=5)
"""How long a claim on reminders holds; as long as the lease of the reader's row."""

Key = tuple[str, UUID, int]
"""What one reader is told once: kind, subject and step."""


@dataclass(frozen=True)
class Announced:
    """A notice as systems read it: an action of `organisations.domain.webhooks`, and facts that name nobody."""

    action: str
    details: Mapping[str, object]


@dataclass(frozen=True)
class Notice:
    """Something that its readers are to be told once at this step. `kind` is a stable code."""

    kind: str
    step: int
    subject: models.Model
    readers: tuple[Reader, ...]
    write: Callable[[Reader], Note]
    """What to say; called in the reader's language."""
    not_before: datetime | None = None
    """When it is due, where that lies ahead: the organisation is looked at again then."""
    urgency: Urgency = Urgency.ROUTINE
    ends_at: datetime | None = None
    """When what it is about ends: in a digest, what ends first stands first."""
    answerable: bool = False
    """Whether a reader may say that somebody takes care of it."""
    mailed: bool = True
    """False where it stands on the reader's page alone."""
    announced: "Announced | None" = None
    """What the organisation's systems are told of it, once a step; None where they are told nothing."""

    def to(self, readers: tuple[Reader, ...]) -> "Notice":
        """Return the same for other readers."""
        return replace(self, readers=readers)

    @property
    def key(self) -> Key:
        """What each reader is told once."""
        return (self.kind, self.subject.pk, self.step)


@dataclass(frozen=True)
class Listing:
    """The list in which what some notices are about stands, for whoever may see it."""

    holds: Callable[[Notice], bool]
    needs: Permission
    path: Callable[[Reminder], str]
    """Where the list shows what stood in one letter, named by any of its rows."""


Broken = list[Exception]
"""What went wrong with single notices and kinds of notices, while the others were told."""
Find = Callable[[Organisation, datetime, Broken], Sequence[Notice]]
"""Names every notice of an organisation at a time, and for each who may know of it; runs for the platform itself."""


def each_by_itself(finders: Iterable[Callable[[], Iterable[Notice]]], broken: Broken) -> list[Notice]:
    """Return what all `finders` find; one that fails, with its transaction, finds nothing and stands in `broken`."""
    found: list[Notice] = []
    for finder in finders:
        try:
            with transaction.atomic():
                found += finder()
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # whatever one kind breaks on, the others are told
            log.exception("notices_not_found")
            broken.append(error)
    return found
