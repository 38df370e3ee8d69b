"""The agent's endpoint for what it found on its disks."""

from datetime import datetime

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.errors import JobMalformed
from agent.wire.link.installations import InstallationReport
from certificates.api.agent import Body
from certificates.api.jobs import device_of
from certificates.errors.installations import ReportMalformed
from certificates.services.installations.report import report_installations
from organisations.api.devices import ProvenView
from organisations.services.proofs import Accepted
from organisations.tenancy import organisations_of_device


class Installations(ProvenView):
    """Takes the key stores of one machine, for every organisation for which the device works."""

    def post(self, request: Request) -> Response:
        """Match them to the inventories and return how many were known, unknown and gone."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        device = device_of(accepted)
        try:
            report = InstallationReport.from_json(request._request.body)
        except JobMalformed as error:
            raise ReportMalformed from error
        organisations = organisations_of_device(device.pk)
        return 200, report_installations(report, device, organisations, now=now).to_json()
