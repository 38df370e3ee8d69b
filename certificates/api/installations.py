"""The agent's endpoint for what it found on its disks."""

from dataclasses import replace
from datetime import datetime

import structlog
from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.errors import JobMalformed
from agent.wire.jobs import KNOWS_HEADER, fields_known
from agent.wire.link.installations import InstallationReport, InstallationsMatched
from certificates.api.agent import Body
from certificates.api.jobs import device_of
from certificates.errors.installations import ReportMalformed
from certificates.services.installations.report import report_installations
from organisations.api.devices import ProvenView
from organisations.services.devices.proofs import Accepted
from organisations.tenancy import organisations_of_device

log = structlog.get_logger("certificates.installations")


class Installations(ProvenView):
    """Takes the key stores of one machine, for every organisation for which the device works."""

    asks_nobody = True

    def post(self, request: Request) -> Response:
        """Match them to the inventories and return how many were known, unknown and gone, and which were not taken."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        device = device_of(accepted)
        try:
            report, left_out = InstallationReport.with_left_out(request._request.body)
        except JobMalformed as error:
            raise ReportMalformed from error
        if left_out:
            log.warning("installations_left_out", count=len(left_out))
        organisations = organisations_of_device(device.pk)
        matched = report_installations(report, device, organisations, now=now)
        # What could not be read is of no certificate that is known here.
        answer = replace(matched, unknown=matched.unknown + len(left_out))
        if InstallationsMatched.optional <= fields_known(request.headers.get(KNOWS_HEADER, "")):
            answer = replace(answer, left_out=left_out)
        return 200, answer.to_json()
