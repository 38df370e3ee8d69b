"""Where work begins that a holder signs: with the contract, or waiting until the holder has a workstation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from certificates.domain.signing import SigningState
from certificates.models import SignedWork
from certificates.services.requests.contract import resume_after_enrolment
from certificates.services.signing.nudges import nudge
from organisations.models import Person
from organisations.services.devices import newest_device
from organisations.tenancy import acting_for


def first_step(kind: type[SignedWork], holder: Person, *, now: datetime) -> dict[str, Any]:
    """Return the fields with which a new row of `kind` begins: its state, and when it is due."""
    enrolled = newest_device(holder.ssin_index) is not None
    begin = SigningState.AWAITING_CONTRACT if enrolled else SigningState.AWAITING_DEVICE
    return {
        "state": kind.state_named(begin),
        "state_since": now,
        "asked_since": now,
        "next_attempt_at": now if enrolled else None,
    }


def enqueue_after_commit(work: SignedWork, *, now: datetime) -> None:
    """Nudge a worker to take up a new row once the transaction that makes it has committed; call inside that one.

    A row that waits for a workstation is looked at once more then: an enrolment at the same time may have missed it.
    """
    nudge(work)
    if work.state == SigningState.AWAITING_DEVICE:
        organisation_id, ssin_index = work.organisation_id, work.holder.ssin_index
        transaction.on_commit(lambda: _look_again(organisation_id, ssin_index, now))


def _look_again(organisation_id: UUID, ssin_index: str, now: datetime) -> None:
    """Start a row whose holder has enrolled meanwhile: an enrolment at the same time did not see it waiting."""
    with acting_for([organisation_id]):
        if newest_device(ssin_index) is not None:
            resume_after_enrolment(organisation_id, ssin_index, now=now)
