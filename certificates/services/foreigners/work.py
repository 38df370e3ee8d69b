"""What a task does with a foreign request that is due: look at its state and take the next step."""

from datetime import datetime
from functools import partial
from uuid import UUID

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from certificates.services.foreigners.collect import collect_for_foreigner, take_delivery
from certificates.services.foreigners.submit import submit_foreign_csr
from certificates.services.requests.reconcile import reconcile
from certificates.services.signing.due_work import due_rows, lease
from certificates.services.signing.gateways import gateway_of
from certificates.services.signing.send_once import note_lost_submission
from certificates.services.signing.transition import Overtaken
from organisations.tenancy import acting_for


def work_on_foreign_request(organisation_id: UUID, request_id: UUID, *, now: datetime) -> None:
    """Take the next step of a request if it is due; safe to run twice, at once or again."""
    with acting_for([organisation_id]):
        if not lease(ForeignRequest.objects.due_at(now).filter(pk=request_id), now=now):
            return
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


def due_foreign_requests(*, now: datetime, most: int = 200) -> list[tuple[UUID, UUID]]:
    """Return (organisation, request) ids of what is due, the longest waiting first."""
    return due_rows("ehportal_due_foreign_requests", now=now, most=most)
