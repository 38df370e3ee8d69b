"""When a mandate (volmacht) lets its holder act."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from agent.wire.days import belgian_day as belgian_day


class MandateState(StrEnum):
    """Where a mandate stands on a given day."""

    FUTURE = "future"
    ACTIVE = "active"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class MandatePeriod:
    """First and last day (both included; `ends_on` None = open) and the day it was withdrawn, if it was."""

    starts_on: date
    ends_on: date | None = None
    withdrawn_on: date | None = None

    def state(self, today: date) -> MandateState:
        """Return the state on `today`; a withdrawal counts from its own day on."""
        if self.withdrawn_on is not None and self.withdrawn_on <= today:
            return MandateState.WITHDRAWN
        if today < self.starts_on:
            return MandateState.FUTURE
        if self.ends_on is not None and today > self.ends_on:
            return MandateState.ENDED
        return MandateState.ACTIVE

    def allows(self, today: date) -> bool:
        """True when the holder may act on `today`."""
        return self.state(today) is MandateState.ACTIVE
