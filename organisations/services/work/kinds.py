"""What kinds of work there are: which rows, in which lane, and what a step does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from organisations.domain.work import PAUSES, Lane
from organisations.models.queued import Queued

SPARE = 10.0
"""Seconds of a lease that are left when the calls of a step have taken all that they may: for what is written down."""


class Step(Protocol):
    """Takes the next step of a claimed row at a time of the database; safe to run twice, at once or again."""

    def __call__(self, organisation_id: UUID, row_id: UUID, /, *, now: datetime) -> object:
        """Do it, outside transactions. Whatever it raises is noted with the row, which is then tried again later."""


@dataclass(frozen=True)
class Kind:
    """One kind of rows that workers take up by themselves."""

    name: str
    """As `organisations.claiming.claimable` knows it."""
    lane: Lane
    model: type[Queued]
    step: Step
    lease: timedelta
    """Longer than a step may take: only after it is a row of a dead worker taken up again."""
    due: str = "next_attempt_at"
    """The column that says when a row is due."""
    pauses: tuple[timedelta, ...] = PAUSES
    parks: bool = True
    """Whether a row rests for good after the last pause; otherwise the last pause is repeated."""

    @property
    def calls(self) -> float:
        """The seconds that all calls of one step may take together: they end before the lease does."""
        return max(1.0, self.lease.total_seconds() - SPARE)
