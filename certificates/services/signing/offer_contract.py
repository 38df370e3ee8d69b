"""Fetching a contract and offering it to the holder's workstation, whatever is to be signed."""

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction

from agent.wire.encoding import to_base64url
from agent.wire.jobs import Contract, Identifier, Signer
from certificates.certra.errors import Rejected, Transient
from certificates.domain.signing import JOB_LIFETIME, SigningState
from certificates.models import AgentJob, SignedWork
from certificates.models.job import JobKind, JobState
from certificates.models.work import UNSIGNED
from certificates.services.signing.ask_later import PLATFORM, ask_later, refuse
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.nudges import announce
from certificates.services.signing.transition import move, postpone
from organisations.models import Device, Person
from organisations.sealing import seal
from organisations.services.devices.links import newest_device
from organisations.tenancy import acting_for

LOOK_EVERY = timedelta(minutes=10)
"""How often work that waits for a workstation is looked at, should nobody have told that one has come."""
W = TypeVar("W")
C = TypeVar("C", bound=Contract)


def signer_of(holder: Person, device: Device) -> Signer:
    """Return the signer as a contract names one: the names are the card's, from its enrolment."""
    return Signer(
        ids=(Identifier("SSIN", holder.read_ssin()),),
        first_names=tuple(device.holder_first_names),
        name=device.holder_name,
    )


def fetch(
    work: SignedWork,
    make_wish: Callable[[Device], W],
    ask: Callable[[W], C],
    *,
    now: datetime,
) -> C | None:
    """Ask for the contract of `work`; return None, with the reason written down, when there is none now.

    Call outside transactions: at any time, by anyone, twice.
    """
    with acting_for([work.organisation_id], as_platform=True):
        device = newest_device(work.holder)
        if device is None:
            # The workstation was withdrawn meanwhile. The next one may come at any time, as where none was there yet.
            postpone(work, until=now + min(patience().pause(work.attempts), LOOK_EVERY), problem=None)
            return None
        wish = make_wish(device)
    try:
        return ask(wish)
    except Rejected as error:
        with acting_for([work.organisation_id], as_platform=True):
            refuse(work, error, now)
    except Transient as error:
        with acting_for([work.organisation_id], as_platform=True):
            ask_later(work, problem_of(error, now), now)
    return None


def offer_contract(
    work: SignedWork, contract: Contract, kind: JobKind, *, now: datetime, **fields: Any
) -> AgentJob:
    """Keep the contract with `work` and make the holder's job, in one transaction. Raises Overtaken."""
    with transaction.atomic():
        move(
            work,
            SigningState.AWAITING_SIGNATURE,
            actor=PLATFORM,
            now=now,
            sealed_contract=seal(json.dumps(contract.to_json()).encode()),
            next_attempt_at=now + JOB_LIFETIME,
            **fields,
        )
        announce(work, now=now)
        # A job that ended unsigned makes place: its id is never used again.
        AgentJob.objects.filter(**{work.EVENT: work}).delete()
        return AgentJob.objects.create(
            id=to_base64url(secrets.token_bytes(16)),
            organisation_id=work.organisation_id,
            kind=kind,
            holder=work.holder,
            created_at=now,
            expires_at=now + JOB_LIFETIME,
            **{work.EVENT: work},
        )


def end_unsigned(work: SignedWork, *, now: datetime) -> None:
    """Give `work` up and close its job: the holder did not sign in time. Raises Overtaken.

    Does nothing before that time: a worker that was late reads a state that it did not claim.
    """
    if work.state_since + JOB_LIFETIME > now:
        return
    with acting_for([work.organisation_id], as_platform=True), transaction.atomic():
        move(
            work,
            SigningState.GAVE_UP,
            actor=PLATFORM,
            now=now,
            problem={"kind": UNSIGNED, "summary": "", "answers": [], "at": now.isoformat()},
            event=UNSIGNED,
        )
        AgentJob.objects.filter(**{work.EVENT: work}).update(state=JobState.CLOSED)
