"""Starting to ask again after the platform gave up."""

from datetime import datetime

from django.db import transaction

from certificates.domain.lifecycle import RequestState
from certificates.errors import CannotAskAgain
from certificates.models import CertificateRequest
from certificates.services.nudges import nudge
from certificates.services.transition import Overtaken, move
from organisations.services.audit import Actor


@transaction.atomic
def ask_again(request: CertificateRequest, *, actor: Actor, now: datetime) -> None:
    """Take a given-up request up where it stood. Raises CannotAskAgain in every other state."""
    if RequestState(request.state) is not RequestState.GAVE_UP:
        raise CannotAskAgain
    if request.sealed_signed_request is None:
        to = RequestState.AWAITING_CONTRACT
    elif request.automatically_validated is None:
        to = RequestState.OUTCOME_UNKNOWN
    else:
        to = RequestState.AWAITING_CERTIFICATE
    try:
        move(request, to, actor=actor, now=now, next_attempt_at=now)
    except Overtaken as error:
        raise CannotAskAgain from error
    nudge(request)
