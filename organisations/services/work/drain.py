"""What a worker does when it was woken: take up what is due in its lane, until nothing is or its slice is over."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from organisations.services.work.claims import Claim, claim, claim_this, note_failure, park_if_deadly, settle
from organisations.services.work.kinds import Kind
from outside.deadline import within

log = structlog.get_logger(__name__)

SLICE = 30.0
"""Seconds after which a worker takes up no further row but has itself woken again: others may want their turn."""


def drain(kinds: Sequence[Kind], *, wake: Callable[[], object], seconds: float = SLICE) -> int:
    """Take up due rows of `kinds`, in turn, one at a time; return how many. Call outside transactions.

    `wake` brings a further worker: once there is something to do, and at the end when there may be more.
    """
    owner = _owner()
    until = time.monotonic() + seconds
    done = 0
    while True:
        before = done
        for kind in kinds:
            for claimed in claim(kind, owner):
                if not done:
                    wake()
                take_up(claimed)
                done += 1
        if done == before:
            return done
        if time.monotonic() >= until:
            wake()
            return done


def take_up_now(kind: Kind, organisation_id: UUID, row_id: UUID) -> object:
    """Take the step of one planned row at this moment, and return its answer; None when a worker is at it.

    Call outside transactions. Raises what the step raises, which stands with the row too.
    """
    claimed = claim_this(kind, _owner(), organisation_id, row_id)
    if claimed is None:
        return None
    answer, error = _step(claimed)
    if error is not None:
        raise error
    return answer


def take_up(claimed: Claim) -> None:
    """Take the step of one claimed row; what it raises is written down and harms no other row."""
    if park_if_deadly(claimed):
        log.error("step_parked", kind=claimed.kind.name, row=str(claimed.row_id), error="worker died")
        return
    _step(claimed)


def _step(claimed: Claim) -> tuple[object, Exception | None]:
    """Take the step and note with the row how it ended; return its answer, or what it raised, whatever that is."""
    kind = claimed.kind
    try:
        with within(kind.calls):
            answer = kind.step(claimed.organisation_id, claimed.row_id, now=claimed.at)
    except Exception as error:
        parked = note_failure(claimed, error)
        log.exception(
            "step_parked" if parked else "step_failed",
            kind=kind.name,
            row=str(claimed.row_id),
            tries=claimed.tries,
        )
        return None, error
    settle(claimed)
    return answer, None


def _owner() -> str:
    """Return a name for this worker that no other ever had."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
