"""States of a certificate request and the moves between them.

The row's state is the queue: states that a machine moves are due at `next_attempt_at`, also where it only looks whether
what they wait for has come; states that wait for a person alone are not due at all. A submission that may or may not
have arrived is OUTCOME_UNKNOWN and is settled by asking.
"""

from enum import StrEnum


class Environment(StrEnum):
    """The two worlds of the eHealth platform; nothing of one may reach the other."""

    PRODUCTION = "production"
    ACCEPTANCE = "acceptance"


class RequestState(StrEnum):
    """Where a request for a certificate stands."""

    AWAITING_DEVICE = "awaiting_device"
    """The holder has not enrolled a workstation yet, so the names on the card are not known."""
    AWAITING_CONTRACT = "awaiting_contract"
    AWAITING_SIGNATURE = "awaiting_signature"
    SIGNED = "signed"
    SUBMITTING = "submitting"
    OUTCOME_UNKNOWN = "outcome_unknown"
    AWAITING_CERTIFICATE = "awaiting_certificate"
    ISSUED = "issued"
    """The certificate is here; the workstation has not confirmed that it stands in the key store."""
    COMPLETED = "completed"
    REJECTED = "rejected"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    GAVE_UP = "gave_up"


S = RequestState

MOVES: dict[RequestState, frozenset[RequestState]] = {
    S.AWAITING_DEVICE: frozenset({S.AWAITING_CONTRACT, S.CANCELLED, S.GAVE_UP}),
    S.AWAITING_CONTRACT: frozenset({S.AWAITING_SIGNATURE, S.REJECTED, S.CANCELLED, S.GAVE_UP}),
    S.AWAITING_SIGNATURE: frozenset({S.SIGNED, S.DECLINED, S.CANCELLED, S.GAVE_UP}),
    S.SIGNED: frozenset({S.SUBMITTING, S.GAVE_UP}),
    S.SUBMITTING: frozenset({S.AWAITING_CERTIFICATE, S.REJECTED, S.OUTCOME_UNKNOWN, S.SIGNED}),
    S.OUTCOME_UNKNOWN: frozenset({S.AWAITING_CERTIFICATE, S.ISSUED, S.REJECTED, S.SIGNED, S.GAVE_UP}),
    S.AWAITING_CERTIFICATE: frozenset({S.ISSUED, S.REJECTED, S.GAVE_UP}),
    S.ISSUED: frozenset({S.COMPLETED}),
    # Someone may ask once more after the platform gave up asking.
    S.GAVE_UP: frozenset({S.AWAITING_CERTIFICATE, S.AWAITING_CONTRACT, S.OUTCOME_UNKNOWN}),
    S.COMPLETED: frozenset(),
    S.REJECTED: frozenset(),
    S.DECLINED: frozenset(),
    S.CANCELLED: frozenset(),
}

MACHINE_STATES = frozenset(
    {
        S.AWAITING_DEVICE,
        S.AWAITING_CONTRACT,
        S.AWAITING_SIGNATURE,
        S.SIGNED,
        S.SUBMITTING,
        S.OUTCOME_UNKNOWN,
        S.AWAITING_CERTIFICATE,
    }
)
"""States that a worker takes up when they are due; AWAITING_SIGNATURE is due when its job ends unsigned, and
AWAITING_DEVICE every so often, to see whether a workstation has come."""

FINAL_STATES = frozenset({S.COMPLETED, S.REJECTED, S.DECLINED, S.CANCELLED, S.GAVE_UP})
"""States in which nothing moves by itself any more."""

CANCELLABLE_STATES = frozenset(state for state, to in MOVES.items() if S.CANCELLED in to)


def may_move(old: RequestState, new: RequestState) -> bool:
    """True when a request may go from `old` to `new`."""
    return new in MOVES[old]
