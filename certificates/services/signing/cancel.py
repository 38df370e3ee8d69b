"""Stopping before anything was signed: whoever asked withdraws it, or the holder says no."""

from datetime import datetime
from typing import Any

from django.db import transaction

from certificates.domain.signing import SigningState
from certificates.errors.requests import CannotCancel
from certificates.errors.signing import JobClosed
from certificates.models import AgentJob, SignedWork
from certificates.models.job import JobState
from certificates.services.signing.transition import Overtaken, move
from organisations.models import Device
from organisations.services.audit import Actor


@transaction.atomic
def cancel_request(work: SignedWork, *, actor: Actor, now: datetime) -> None:
    """Cancel a request or a revocation and close its job. Raises CannotCancel when it was signed or is over."""
    if not work.is_cancellable:
        raise CannotCancel
    try:
        move(work, SigningState.CANCELLED, actor=actor, now=now)
    except Overtaken as error:
        raise CannotCancel from error
    AgentJob.objects.filter(**{work.EVENT: work}).update(state=JobState.CLOSED)


@transaction.atomic
def decline(
    work: SignedWork, job: AgentJob, device: Device, *, reason: str, now: datetime, **fields: Any
) -> None:
    """Close the job because its holder refuses to sign. Raises JobClosed when it was signed or is over."""
    if job.state == JobState.CLOSED and work.state == SigningState.DECLINED:
        return
    if work.state != SigningState.AWAITING_SIGNATURE:
        raise JobClosed
    try:
        move(
            work,
            SigningState.DECLINED,
            actor=Actor.device(device),
            now=now,
            details={"reason": reason[:500]},
            **fields,
        )
    except Overtaken as error:
        raise JobClosed from error
    if not AgentJob.objects.filter(pk=job.pk, state=JobState.OFFERED).update(
        state=JobState.CLOSED, device_id=device.pk
    ):
        raise JobClosed
