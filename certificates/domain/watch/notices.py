"""When people hear of the end of a certificate: the steps of a policy, laid out over one certificate's life.

One list of events serves the worker who tells them and the page that shows them before they happen. No clock and no
database is read here; days are Belgian ones (`agent.wire.days`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from agent.wire.days import BRUSSELS, belgian_day
from certificates.domain.validity import REPLACEMENT_WINDOW

OPENS = REPLACEMENT_WINDOW // timedelta(days=1)
"""The step of the day from which a certificate can be renewed, also where the government named another day."""
LAST_SAFE = 10
"""The step of the last safe day: a request that is checked by hand can take ten days."""
STEPS = (OPENS, 60, 45, 30, 21, 14, 7, 3, 1, 0)
"""Days before the end, where an organisation chose no others; 0 is the last day itself."""
AGAIN_AFTER = 7
"""Days between the letters after the end, where an organisation chose nothing else."""
HOLDERS_FROM = 30
"""From so many days before the end whoever signs is told too, where an organisation chose nothing else."""
TOLD_FOR = 30
"""So many days after the end it is still news."""


class Happening(StrEnum):
    """What happens at an event; the values are stable codes."""

    OPENS = "opens"
    """From now on it can be renewed."""
    STEP = "step"
    LAST_SAFE = "last_safe"
    """From tomorrow a check by hand may take longer than what is left."""
    LAST_DAY = "last_day"
    ENDED = "ended"


@dataclass(frozen=True)
class Policy:
    """What an organisation wants: when its certificates' ends are told, and to whom."""

    steps: tuple[int, ...] = STEPS
    again_after: int = AGAIN_AFTER
    """Days between letters after the end, for a month; 0 for one letter alone."""
    administrators: bool = True
    holders_from: int | None = HOLDERS_FROM
    """Days before the end from which whoever may sign is told; None for never."""
    carers: bool = True
    """Whether the owner and those with it on their list are told."""
    by_mail: bool = True
    by_webhook: bool = True
    """Whether the organisation's webhooks are told."""
    escalate_after: int | None = None
    """Days after which the administrators and correspondents hear that nobody takes care; None for never."""
    correspondents: frozenset[UUID] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Event:
    """One moment at which the end of a certificate is told. `kind` and `step` are those of the notice."""

    happening: Happening
    kind: str
    step: int
    at: datetime


def events(policy: Policy, not_after: datetime, opens_at: datetime) -> list[Event]:
    """Return everything that is told of an end, the earliest first.

    What lies before the day from which the certificate can be renewed is not told: nobody could do anything.
    """
    last = belgian_day(not_after)
    left_then = (last - belgian_day(opens_at)).days
    found = [Event(Happening.OPENS, "renewal", OPENS, opens_at)] if opens_at < not_after else []
    found += _before(policy.steps, last, left_then)
    again = range(policy.again_after, TOLD_FOR, policy.again_after) if policy.again_after else ()
    if not_after < datetime.max.replace(tzinfo=not_after.tzinfo) - timedelta(days=TOLD_FOR):
        found += [
            Event(Happening.ENDED, "ended", days, not_after + timedelta(days=days)) for days in (0, *again)
        ]
    return found


def passed(found: Sequence[Event], now: datetime) -> Event | None:
    """Return the latest event that has come; what came before it is told by it."""
    return next((one for one in reversed(found) if one.at <= now), None)


@lru_cache(maxsize=4096)
def _before(steps: tuple[int, ...], last: date, left_then: int) -> tuple[Event, ...]:
    """Return what is told before the end; kept, since thousands of certificates end on the same few days."""
    return tuple(
        Event(_happening(step), "renewal", step, _morning(last - timedelta(days=step)))
        for step in sorted({*steps, LAST_SAFE}, reverse=True)
        if step < left_then
    )


def _happening(step: int) -> Happening:
    if step == LAST_SAFE:
        return Happening.LAST_SAFE
    return Happening.LAST_DAY if step == 0 else Happening.STEP


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(0), BRUSSELS)
