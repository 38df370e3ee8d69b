"""Where work begins that a holder signs: with the contract, or waiting until the holder has a workstation."""

from datetime import datetime
from typing import Any

from django.db import transaction

from certificates.domain.signing import SigningState
from certificates.models import SignedWork
from certificates.services.requests.contract import resume_after_agreement
from certificates.services.signing.nudges import announce, nudge
from organisations.models import Person
from organisations.services.devices.links import newest_device
from organisations.tenancy import acting_for


def first_step(kind: type[SignedWork], holder: Person, *, now: datetime) -> dict[str, Any]:
    """Return the fields with which a new row of `kind` begins: its state, and when it is due."""
    enrolled = newest_device(holder) is not None
    begin = SigningState.AWAITING_CONTRACT if enrolled else SigningState.AWAITING_DEVICE
    return {
        "state": kind.state_named(begin),
        "state_since": now,
        "asked_since": now,
        "next_attempt_at": now if enrolled else None,
    }


def enqueue_after_commit(work: SignedWork, *, now: datetime) -> None:
    """Nudge a worker to take up a new row once the transaction that makes it has committed; call inside that one.

    A row that waits for a workstation is looked at once more then: an agreement at the same time may have missed it.
    """
    nudge(work)
    if work.state == SigningState.AWAITING_DEVICE:
        announce(work, now=now)
        holder = work.holder
        transaction.on_commit(lambda: _look_again(holder, now))


def _look_again(holder: Person, now: datetime) -> None:
    """Start a row whose holder has agreed meanwhile: an agreement at the same time did not see it waiting."""
    with acting_for([holder.organisation_id], as_platform=True):
        if newest_device(holder) is not None:
            resume_after_agreement(holder.organisation_id, holder.ssin_index, now=now)
