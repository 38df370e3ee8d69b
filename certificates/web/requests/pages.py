"""Requests: the list, one request as it moves, and what may be done with it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.models.work import KEY_STORE_LOST
from certificates.selectors.requests import requests_page
from certificates.selectors.steps import request_steps
from certificates.services.requests.ask_again import ask_again
from certificates.services.signing.cancel import cancel_request
from certificates.web.parts.progress import REQUEST, act_on, progress_view, status_answer
from certificates.web.parts.rows import request_row
from certificates.web.parts.ways_on import Button, new_request_like, ways_when_lost
from certificates.web.parts.words import BASE_SERVICES, REQUEST_STATES
from organisations.domain.roles import Permission
from organisations.errors import NotPermitted
from organisations.selectors import events_about
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest


@page(Permission.SEE_INVENTORY)
def requests(request: TenantRequest) -> HttpResponse:
    """All requests, newest first."""
    state, after = request.GET.get("state", ""), request.GET.get("after")
    found = requests_page(request.tenancy.organisation, state=state, after=after)
    context = {
        "rows": [request_row(one) for one in found.rows],
        "state": state,
        "states": [(one.value, REQUEST_STATES[one]) for one in RequestState],
        "next_cursor": found.next_cursor,
        "continued": bool(after),
    }
    return render(request, "certificates/requests/list.html", context)


def find_request(request: TenantRequest, request_id: UUID) -> CertificateRequest:
    """Return a request of the current organisation with what its pages show, or answer 404."""
    rows = CertificateRequest.objects.filter(organisation=request.tenancy.organisation)
    rows = rows.select_related(
        "identifier__organisation", "holder", "requested_by", "organisation", "certificate", "job", "replaces"
    )
    rows = rows.defer("sealed_signed_request", "certificate__sealed_der", "replaces__sealed_der")
    return get_object_or_404(rows, pk=request_id)


def may_stop_or_go_on(request: TenantRequest, found: CertificateRequest) -> bool:
    """True for who requests certificates here, and for the person whose own certificate it is."""
    return found.private_to_id == request.tenancy.user.pk or request.tenancy.may(
        Permission.REQUEST_CERTIFICATE
    )


def _require_it(request: TenantRequest, found: CertificateRequest) -> None:
    if not may_stop_or_go_on(request, found):
        raise NotPermitted(Permission.REQUEST_CERTIFICATE)


def progress_of(request: TenantRequest, found: CertificateRequest) -> dict[str, Any]:
    """Return what the updating part of a request's pages shows."""
    events = events_about(found.pk)
    steps = request_steps(found, events)
    view = progress_view(request, REQUEST, found, row=request_row(found), steps=steps, events=events)
    may_ask = may_stop_or_go_on(request, found)
    return view | {
        "cancellable": may_ask and found.is_cancellable,
        "may_ask_again": may_ask and found.state == RequestState.GAVE_UP,
        "instead": _instead_of(found) if may_ask else (),
    }


def _instead_of(found: CertificateRequest) -> tuple[Button, ...]:
    """Return the ways on when this one came to nothing.

    Once the old key store is lost there is no renewal: revoke and request anew. After a refusal: the same once more.
    """
    problem = found.problem or {}
    if problem.get("kind") == KEY_STORE_LOST and found.replaces is not None:
        return ways_when_lost(found.replaces)
    if found.state != RequestState.REJECTED:
        return ()
    if found.personal:
        renews = f"?{urlencode({'renews': found.replaces_id})}" if found.replaces_id else ""
        address = f"{reverse('own-new')}{renews}"
    elif found.replaces_id is not None:
        address = reverse("certificate-renew", args=[found.replaces_id])
    else:
        address = new_request_like(found.pk)
    return (Button(address, _("Make a new request")),)


@page(Permission.SEE_INVENTORY)
def request_page(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """One request: its steps, what it asks for, what went wrong, what happened."""
    found = find_request(request, request_id)
    services = [
        BASE_SERVICES[code][0] if code in BASE_SERVICES else code for code in found.base_service_usages
    ]
    return render(
        request, "certificates/requests/page.html", progress_of(request, found) | {"services": services}
    )


@page(Permission.SEE_INVENTORY)
def request_status(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """The updating part."""
    return status_answer(request, progress_of(request, find_request(request, request_id)))


@page(Permission.SEE_INVENTORY, methods=("POST",))
def request_cancel(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """Withdraw a request that was not signed."""
    found = find_request(request, request_id)
    _require_it(request, found)
    done = _("The request was cancelled. Nothing was sent to the government.")
    return act_on(request, found, cancel_request, done=done, page="request")


@page(Permission.SEE_INVENTORY, methods=("POST",))
def request_ask_again(request: TenantRequest, request_id: UUID) -> HttpResponse:
    """Take up a request on which the platform gave up."""
    found = find_request(request, request_id)
    _require_it(request, found)
    return act_on(request, found, ask_again, done=_("We are asking again."), page="request")
