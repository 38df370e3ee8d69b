"""When people are told of what waits: steps before an end or since a beginning, of which the latest passed counts."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from certificates.domain.foreign_lifecycle import REMIND_BEFORE
from certificates.domain.papers import ENDS_SOON
from certificates.domain.tokens import ACTIVATION_REMINDER

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
AT_ONCE = timedelta(0)

HOLDER_STEP = 30
"""So many days before the end a renewal that was asked for and is not finished is told."""
SWITCH_STEPS = (30, 14, 7, 3, 1)
"""Days before the end of a renewed certificate that may still be in use."""
WAITING_STEPS = (ACTIVATION_REMINDER, 28 * DAY, 56 * DAY)
"""How long an encryption token has waited for its activation."""
SIGNATURE_STEPS = (AT_ONCE, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY)
"""How long something has waited for somebody's identity card."""
REVOCATION_STEPS = (AT_ONCE, 1 * DAY, 3 * DAY, 7 * DAY, 14 * DAY)
"""How long a revocation has: until then the certificate goes on working."""
COMPROMISE_STEPS = (AT_ONCE, 3 * HOUR, 8 * HOUR, 1 * DAY, 2 * DAY, 3 * DAY, 5 * DAY, 7 * DAY, 14 * DAY)
"""The same where the key may be in the wrong hands: until then somebody else may be using it."""
SETTLE = timedelta(seconds=15)
"""What is asked of somebody within such a pause is told in one letter: a whole shelf may be renewed at once."""
SETTLE_AT_MOST = timedelta(minutes=5)
"""How long such a letter waits for more."""
PAPER_STEPS = (ENDS_SOON // DAY, 14, 3)
"""Days before the last day of a paper."""
MANDATE_STEPS = (60, 30, 14, 7, 1)
"""Days before the last day of a mandate that no other takes over from."""
CARD_STEPS = (60, 30, 14, 7, 1)
"""Days before the end of the certificate of an identity card."""
CONNECTION_STEPS = (30, 14, 7, 1)
"""Days before the last day of a connection of a system."""
DEADLINE_STEPS = (REMIND_BEFORE // DAY, 0)
"""Days before the end of a foreign care provider's time to confirm; 0 once it has passed."""


def dated(step: int, end: date) -> int:
    """Return how a step before `end` is kept of what ends again and again: an end on another day is another step.

    Two ends that differ by a multiple of 300 days count as one; steps are below a hundred days.
    """
    return end.toordinal() % 300 * 100 + step


def step_before(steps: Sequence[int], days_left: int) -> int | None:
    """Return the latest step passed on the way to an end: the smallest that is not less than `days_left`."""
    return min((step for step in steps if step >= days_left), default=None)


def step_after(steps: Sequence[timedelta], gone: timedelta) -> timedelta | None:
    """Return the latest step passed since a beginning: the greatest that is not more than `gone`."""
    return max((step for step in steps if step <= gone), default=None)


def step_ahead(steps: Sequence[timedelta], gone: timedelta) -> timedelta | None:
    """Return the next step since a beginning: the smallest that is more than `gone`."""
    return min((step for step in steps if step > gone), default=None)


def code_of(step: timedelta) -> int:
    """Return how a step since a beginning is kept: in hours."""
    return step // HOUR


def settled(moments: Sequence[datetime]) -> datetime:
    """Return when what was asked at `moments` has settled: after the last one, but not long after the first."""
    return min(max(moments) + SETTLE, min(moments) + SETTLE_AT_MOST)
