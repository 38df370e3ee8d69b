"""Starting to ask again after the platform gave up."""

from datetime import datetime

from django.db import transaction

from certificates.domain.lifecycle import RequestState
from certificates.errors.requests import CannotAskAgain, RequestInProgress
from certificates.models import CertificateRequest
from certificates.services.requests.start import name_is_taken
from certificates.services.signing.nudges import nudge
from certificates.services.signing.transition import Overtaken, move
from organisations.services.audit import Actor


@transaction.atomic
def ask_again(request: CertificateRequest, *, actor: Actor, now: datetime) -> None:
    """Ask again for a given-up request: for its contract, its outcome or its certificate, by how far it came.

    Raises CannotAskAgain in every other state, RequestInProgress when a newer request for the same name is on its way.
    Locks the number, or the person of an own one.
    """
    if RequestState(request.state) is not RequestState.GAVE_UP:
        raise CannotAskAgain
    if name_is_taken(request):
        raise RequestInProgress
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
