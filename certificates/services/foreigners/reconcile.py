"""Settling a submission whose outcome is not known: by asking for the key, never by sending again blindly."""

from datetime import datetime

from django.conf import settings

from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from certificates.services.asking import PLATFORM, ask_later, refuse
from certificates.services.collect_certificate import NOT_YET_DELIVERED
from certificates.services.foreigners.collect import take_delivery
from certificates.services.gateways import patience, problem_of
from certificates.services.send_once import denied
from certificates.services.transition import move
from organisations.tenancy import acting_for


def reconcile_foreign_request(request: ForeignRequest, gateway: Gateway, *, now: datetime) -> None:
    """Ask what became of the submission. Raises Overtaken when another worker settled it."""
    try:
        chain = gateway.certificate_chain(request.public_key_identifier or "")
    except Rejected as error:
        with acting_for([request.organisation_id]):
            _answered(request, error, now)
        return
    except Transient as error:
        with acting_for([request.organisation_id]):
            ask_later(request, problem_of(error, now), now, not_known_answers=0)
        return
    take_delivery(request, chain, now=now)


def _answered(request: ForeignRequest, error: Rejected, now: datetime) -> None:
    if error.says(NOT_YET_DELIVERED):
        # It arrived, but the answer with address and deadline is lost: the page says what to do about that.
        move(request, ForeignState.AWAITING_CONFIRMATION, actor=PLATFORM, now=now,
             next_attempt_at=now + patience().pause(0))  # fmt: skip
    elif error.says(settings.CERTRA_REFUSED_CODES):
        refuse(request, error, now)
    elif error.says(settings.CERTRA_UNKNOWN_REQUEST_CODES):
        denied(request, problem_of(error, now), now)
    else:
        ask_later(request, problem_of(error, now), now, not_known_answers=0)
