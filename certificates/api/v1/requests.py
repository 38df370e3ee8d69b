"""Requests, the newest first, and how the organisation stands."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from certificates.api.v1 import shapes
from certificates.domain.lifecycle import FINAL_STATES, RequestState
from certificates.domain.validity import Standing
from certificates.models import CertificateRequest
from certificates.selectors import inventory, renewals
from certificates.selectors.requests import requests_page
from organisations.api.frame.documents import LIST_PARAMETERS, described
from organisations.api.frame.pages import demand_known, paged, place_of
from organisations.api.frame.refusals import QueryRefused
from organisations.api.frame.view import Resource, serves
from organisations.domain.scopes import Scope

STATE, OPEN = "state", "open"
STATES = [OPEN, *(one.value for one in RequestState)]
MOST = 50


class Requests(Resource):
    """Requests for certificates."""

    @described(
        "listRequests",
        Scope.SEE_REQUESTS,
        summary="List requests",
        description="The newest first.",
        tag="Requests and renewals",
        parameters=[
            OpenApiParameter(
                STATE, str, enum=STATES, description="Those in one state; `open` for those on their way."
            ),
            *LIST_PARAMETERS,
        ],
        answers=shapes.RequestPage,
    )
    @serves(Scope.SEE_REQUESTS)
    def get(self, request: Request) -> Response:
        """Return a page of requests."""
        place = place_of(request._request, known=frozenset({STATE}))
        state = request.query_params.get(STATE)
        if state is not None and state not in STATES:
            raise QueryRefused(errors={STATE: STATES})
        page = requests_page(
            self.caller.organisation,
            state=state or "",
            after=place.after,
            before=place.before,
            size=place.size,
        )
        return paged(request._request, page, [shown(one) for one in page.rows])


class Overview(Resource):
    """How the organisation stands."""

    @described(
        "getOverview",
        Scope.SEE_CERTIFICATES,
        summary="How the organisation stands today",
        description="What the first page of the portal counts.",
        tag="Certificates",
        answers=shapes.OverviewShape,
    )
    @serves(Scope.SEE_CERTIFICATES)
    def get(self, request: Request) -> Response:
        """Return the counts of the dashboard."""
        demand_known(request._request, frozenset())
        here, now = self.caller.organisation, self.now
        counts = inventory.status_counts(here, now)
        opened = CertificateRequest.objects.filter(organisation=here).exclude(state__in=FINAL_STATES)
        return Response(
            {
                "certificates": counts,
                "to_renew": counts[Standing.RENEWABLE.value],
                "renewals_under_way": renewals.renewals_under_way(here, now),
                "first_end": inventory.first_end(here, now),
                "ended": [one.pk for one in inventory.ended(here, now, most=MOST)],
                "unconfirmed_switches": [
                    one.pk for one in renewals.unconfirmed_switches(here, now, most=MOST)
                ],
                "open_requests": opened.count(),
            }
        )


def shown(one: CertificateRequest) -> dict[str, Any]:
    """Return a request as lists show it; documents that hold numbers are not in it."""
    return {
        "id": one.pk,
        "environment": one.environment,
        "number": {"type": one.subject_type, "value": one.identifier.value if one.identifier else ""},
        "application_id": one.application_id,
        "state": one.state,
        "state_since": one.state_since,
        "holder": str(one.holder),
        "requested_by": one.requested_by.full_name,
        "requested_at": one.requested_at,
        "replaces": one.replaces_id,
        "certificate": one.certificate_id,
    }
