"""When people are reminded of what waits: steps in days, of which the latest that has passed counts."""

from collections.abc import Sequence
from datetime import timedelta

from certificates.domain.foreign_lifecycle import REMIND_BEFORE
from certificates.domain.papers import ENDS_SOON
from certificates.domain.tokens import ACTIVATION_REMINDER
from certificates.domain.validity import REPLACEMENT_WINDOW

DAY = timedelta(days=1)

RENEWAL_STEPS = (REPLACEMENT_WINDOW // DAY, 60, 30, 14, 7, 3, 1)
"""Days before the end of a certificate of which no renewal was begun, or whose renewal waits for its signature."""
HOLDER_STEP = 30
"""From here on whoever signs is told too, beside the administrators."""
SWITCH_STEPS = (30, 14, 7, 3, 1)
"""Days before the end of a renewed certificate that may still be in use."""
WAITING_STEPS = (ACTIVATION_REMINDER // DAY, 28, 56)
"""Days that an encryption token waits for its activation."""
SIGNATURE_STEPS = (2, 7, 14, 28)
"""Days that a request waits for the holder's signature."""
REVOCATION_STEPS = (1, 3, 7, 14)
"""Days that a revocation does: until then the certificate goes on working."""
PAPER_STEPS = (ENDS_SOON // DAY, 14, 3)
"""Days before the last day of a paper."""
DEADLINE_STEPS = (REMIND_BEFORE // DAY, 0)
"""Days before the end of a foreign care provider's time to confirm; 0 once it has passed."""


def step_before(steps: Sequence[int], days_left: int) -> int | None:
    """Return the latest step passed on the way to an end: the smallest that is not less than `days_left`."""
    return min((step for step in steps if step >= days_left), default=None)


def step_after(steps: Sequence[int], days_gone: int) -> int | None:
    """Return the latest step passed since a beginning: the greatest that is not more than `days_gone`."""
    return max((step for step in steps if step <= days_gone), default=None)
