"""The agent's endpoints for whom the workstation works: who waits, the holder's yes, and its end."""

from datetime import datetime
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.link.proofs import HEADER
from certificates.api.agent import Body
from certificates.api.jobs import device_of
from certificates.services.requests.contract import resume_after_agreement
from organisations.api.devices import ProvenView
from organisations.services.devices import links
from organisations.services.devices.proofs import Accepted
from organisations.tenancy import acting_for


class Organisations(ProvenView):
    """The organisations that say they know the holder of this device."""

    asks_nobody = True

    def get(self, request: Request) -> Response:
        """Return those for which it works, and those that wait for the holder's word."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        return 200, links.organisations_for(device_of(accepted)).to_json()


class Agree(ProvenView):
    """Takes the holder's yes to one organisation, signed by the device."""

    asks_nobody = True

    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Keep it, and begin with what waited for the workstation."""
        return self._answer(request, self._act, organisation_id=organisation_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, organisation_id: UUID) -> Body:
        device = device_of(accepted)
        statement, proof = request._request.body, request.headers[HEADER]
        links.agree(device, organisation_id, statement, proof, now=now)
        with acting_for([organisation_id], as_platform=True):
            resume_after_agreement(organisation_id, device, now=now)
        return 200, {"state": "agreed"}


class End(ProvenView):
    """Takes the holder's word back."""

    asks_nobody = True

    def post(self, request: Request, organisation_id: UUID) -> Response:
        """End the link with one organisation."""
        return self._answer(request, self._act, organisation_id=organisation_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, organisation_id: UUID) -> Body:
        links.end_at_workstation(device_of(accepted), organisation_id, now=now)
        return 200, {"state": "ended"}
