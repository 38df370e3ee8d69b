"""States of a request for a care provider without a Belgian identity card (the hybrid way), and the moves between them.

Nobody signs with a card here: the certification request comes from a workstation as a file, the platform submits it,
and the person confirms on line who they are before a deadline. The row's state is the queue, as in `lifecycle`.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class ForeignState(StrEnum):
    """Where the request stands."""

    AWAITING_CSR = "awaiting_csr"
    """The key is to be made on a workstation, and its certification request sent in."""
    READY = "ready"
    SUBMITTING = "submitting"
    OUTCOME_UNKNOWN = "outcome_unknown"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """Received; the person confirms the identity at the validation address."""
    AWAITING_CERTIFICATE = "awaiting_certificate"
    """The person has told that it is confirmed."""
    ISSUED = "issued"
    COMPLETED = "completed"
    """The person says that the key store opens."""
    LAPSED = "lapsed"
    """The deadline went by without confirmation."""
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    GAVE_UP = "gave_up"


S = ForeignState

MOVES: dict[ForeignState, frozenset[ForeignState]] = {
    S.AWAITING_CSR: frozenset({S.READY, S.CANCELLED}),
    S.READY: frozenset({S.SUBMITTING, S.GAVE_UP}),
    S.SUBMITTING: frozenset({S.AWAITING_CONFIRMATION, S.REJECTED, S.OUTCOME_UNKNOWN, S.READY}),
    S.OUTCOME_UNKNOWN: frozenset({S.AWAITING_CONFIRMATION, S.ISSUED, S.REJECTED, S.READY, S.GAVE_UP}),
    S.AWAITING_CONFIRMATION: frozenset(
        {S.AWAITING_CERTIFICATE, S.ISSUED, S.LAPSED, S.REJECTED, S.CANCELLED, S.GAVE_UP}
    ),
    # It may turn out that it was told too early.
    S.AWAITING_CERTIFICATE: frozenset({S.AWAITING_CONFIRMATION, S.ISSUED, S.LAPSED, S.REJECTED, S.GAVE_UP}),
    S.ISSUED: frozenset({S.COMPLETED}),
    # Someone may ask once more after the platform gave up asking.
    S.GAVE_UP: frozenset({S.READY, S.OUTCOME_UNKNOWN, S.AWAITING_CERTIFICATE}),
    S.COMPLETED: frozenset(),
    S.LAPSED: frozenset(),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset(),
}

MACHINE_STATES = frozenset(
    {S.READY, S.SUBMITTING, S.OUTCOME_UNKNOWN, S.AWAITING_CONFIRMATION, S.AWAITING_CERTIFICATE}
)
"""States that a worker takes up when they are due."""
FINAL_STATES = frozenset({S.COMPLETED, S.LAPSED, S.REJECTED, S.CANCELLED, S.GAVE_UP})
"""States in which nothing moves by itself any more."""
CANCELLABLE_STATES = frozenset(state for state, to in MOVES.items() if S.CANCELLED in to)
"""Before the submission nothing was sent; while the confirmation is awaited, not confirming ends it there too."""

REMIND_BEFORE = timedelta(days=3)
"""How long before the deadline the reminder comes."""
AFTER_DEADLINE = timedelta(days=10)
"""How long after the deadline a certificate may still come: a manual check takes up to ten days."""


def may_move(old: ForeignState, new: ForeignState) -> bool:
    """True when a request may go from `old` to `new`."""
    return new in MOVES[old]


def reminder_due(expires_at: datetime | None, now: datetime) -> bool:
    """True in the last three days before the deadline."""
    return expires_at is not None and expires_at - REMIND_BEFORE <= now < expires_at


def is_late(expires_at: datetime | None, now: datetime) -> bool:
    """True when the deadline has passed."""
    return expires_at is not None and now >= expires_at


def is_lapsed(expires_at: datetime | None, now: datetime) -> bool:
    """True when no certificate can be expected any more of a request that was not confirmed as far as we know."""
    return expires_at is not None and now >= expires_at + AFTER_DEADLINE
