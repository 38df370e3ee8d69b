"""What a worker does with a foreign request that is due: look at its state and take the next step."""

from datetime import datetime
from functools import partial
from uuid import UUID

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from certificates.services.foreigners.collect import collect_for_foreigner, take_delivery
from certificates.services.foreigners.submit import submit_foreign_csr
from certificates.services.requests.reconcile import reconcile
from certificates.services.signing.gateways import gateway_of
from certificates.services.signing.send_once import note_lost_submission
from certificates.services.signing.transition import Overtaken
from organisations.tenancy import acting_for


def work_on_foreign_request(organisation_id: UUID, request_id: UUID, *, now: datetime) -> None:
    """Take the next step of a claimed request; safe to run twice, at once or again."""
    with acting_for([organisation_id], as_platform=True):
        request = ForeignRequest.objects.select_related("organisation", "person").get(pk=request_id)
    try:
        advance_foreign_request(request, now=now)
    except Overtaken:
        return


def advance_foreign_request(request: ForeignRequest, *, now: datetime) -> None:
    """Take the step that the request's state asks for. Raises Overtaken when another worker was first."""
    gateway = gateway_of(request.environment)
    match ForeignState(request.state):
        case ForeignState.READY:
            submit_foreign_csr(request, gateway, now=now)
        case ForeignState.SUBMITTING:
            note_lost_submission(request, now=now)
        case ForeignState.OUTCOME_UNKNOWN:
            take = partial(take_delivery, now=now)
            reconcile(request, gateway, received=ForeignState.AWAITING_CONFIRMATION, take=take, now=now)
        case ForeignState.AWAITING_CONFIRMATION | ForeignState.AWAITING_CERTIFICATE:
            collect_for_foreigner(request, gateway, now=now)
