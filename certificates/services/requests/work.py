"""What a worker does with a request that is due: look at its state and take the next step."""

from datetime import datetime
from functools import partial
from uuid import UUID

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.requests.collect import collect_certificate, take_delivery
from certificates.services.requests.contract import fetch_contract, look_for_workstation
from certificates.services.requests.reconcile import reconcile
from certificates.services.requests.submit import submit_request
from certificates.services.signing.gateways import gateway_of
from certificates.services.signing.offer_contract import end_unsigned
from certificates.services.signing.send_once import note_lost_submission
from certificates.services.signing.transition import Overtaken
from organisations.tenancy import acting_for


def work_on_request(organisation_id: UUID, request_id: UUID, *, now: datetime) -> None:
    """Take the next step of a claimed request; safe to run twice, at once or again."""
    with acting_for([organisation_id], as_platform=True):
        request = CertificateRequest.objects.select_related(
            "organisation", "identifier__organisation", "holder"
        ).get(pk=request_id)
    try:
        advance_request(request, now=now)
    except Overtaken:
        return


def advance_request(request: CertificateRequest, *, now: datetime) -> None:
    """Take the step that the request's state asks for. Raises Overtaken when another worker was first."""
    gateway = gateway_of(request.environment)
    match RequestState(request.state):
        case RequestState.AWAITING_DEVICE:
            look_for_workstation(request, now=now)
        case RequestState.AWAITING_CONTRACT:
            fetch_contract(request, gateway, now=now)
        case RequestState.AWAITING_SIGNATURE:
            end_unsigned(request, now=now)
        case RequestState.SIGNED:
            submit_request(request, gateway, now=now)
        case RequestState.SUBMITTING:
            note_lost_submission(request, now=now)
        case RequestState.OUTCOME_UNKNOWN:
            take = partial(take_delivery, now=now)
            reconcile(request, gateway, received=RequestState.AWAITING_CERTIFICATE, take=take, now=now)
        case RequestState.AWAITING_CERTIFICATE:
            collect_certificate(request, gateway, now=now)
