"""Stopping a request before anything was signed."""

from datetime import datetime

from django.db import transaction

from certificates.domain.lifecycle import RequestState
from certificates.errors import CannotCancel
from certificates.models import AgentJob, CertificateRequest
from certificates.models.job import JobState
from certificates.services.transition import Overtaken, move
from organisations.services.audit import Actor


@transaction.atomic
def cancel_request(request: CertificateRequest, *, actor: Actor, now: datetime) -> None:
    """Cancel the request and close its job. Raises CannotCancel when it was signed or is over."""
    if not request.is_cancellable:
        raise CannotCancel
    try:
        move(request, RequestState.CANCELLED, actor=actor, now=now)
    except Overtaken as error:
        raise CannotCancel from error
    AgentJob.objects.filter(request=request).update(state=JobState.CLOSED)
