"""What every row carries that moves by itself: its state is the queue, and a sweep finds what is due."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import models

from organisations.models.queued import Queued

UNSIGNED = "unsigned"
"""The problem of what was offered and never signed."""
KEY_STORE_LOST = "key_store_lost"
"""Why a holder cannot renew: the old key store or its password is gone. The agent declines with this reason."""


class Work(Queued):
    """A row that goes from state to state; `services.signing.transition` is the only way in which it does."""

    MOVES: ClassVar[Mapping[Any, Set[StrEnum]]]
    """The domain's moves: from each state, the states that may follow."""
    EVENT: ClassVar[str]
    """How the record calls it: each move is an event `<EVENT>_<state>`."""
    organisation_id: UUID

    state = models.CharField(max_length=24)
    state_since = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    asked_since = models.DateTimeField(null=True)
    """When this kind of asking (contract, outcome, evidence) began: the clock of giving up."""
    not_known_answers = models.PositiveSmallIntegerField(default=0)
    """How often in a row the authority said it never saw this key, after an unknown outcome."""
    problem = models.JSONField(null=True)
    """The last answer that was not a success: kind, code, message, parameters, at."""

    class Meta:
        abstract = True

    @property
    def ended_unsigned(self) -> bool:
        """True when it stopped because nobody signed in time, and not for want of an answer."""
        return (self.problem or {}).get("kind") == UNSIGNED

    @classmethod
    def state_named(cls, value: str) -> StrEnum:
        """Return this kind's state with this value. Raises ValueError for a state that it does not know."""
        states = type(next(iter(cls.MOVES)))
        return cast(StrEnum, states(value))
