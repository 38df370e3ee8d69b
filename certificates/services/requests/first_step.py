"""Where work begins that a holder signs: with the contract, or waiting until the holder has a workstation."""

from datetime import datetime
from typing import Any

from certificates.domain.signing import SigningState
from certificates.models import SignedWork
from certificates.services.requests.contract import FIRST_LOOK
from certificates.services.signing.nudges import announce, nudge
from organisations.models import Person
from organisations.services.devices.links import newest_device


def first_step(kind: type[SignedWork], holder: Person, *, now: datetime) -> dict[str, Any]:
    """Return the fields with which a new row of `kind` begins: its state, and when it is due."""
    enrolled = newest_device(holder) is not None
    begin = SigningState.AWAITING_CONTRACT if enrolled else SigningState.AWAITING_DEVICE
    return {
        "state": kind.state_named(begin),
        "state_since": now,
        "asked_since": now,
        "next_attempt_at": now if enrolled else now + FIRST_LOOK,
    }


def enqueue_after_commit(work: SignedWork, *, now: datetime) -> None:
    """Nudge a worker to take up a new row once the transaction that makes it has committed; call inside that one.

    A row that waits for a workstation is due soon for a look: an agreement at the same time may have missed it.
    """
    nudge(work)
    if work.state == SigningState.AWAITING_DEVICE:
        announce(work, now=now)
