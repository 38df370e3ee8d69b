"""The agent's endpoint for the government's own records: two signed questions in, proposals out."""

from datetime import datetime
from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.api.agent import Body, decoded
from certificates.api.cards import still_checking
from certificates.api.jobs import device_of
from certificates.errors.signing import JobClosed, RequestTooLarge, SignedRequestRefused
from certificates.services.records.card_questions import answered, check_asking_card, check_questions
from certificates.services.records.read import read_records
from certificates.services.signing import agent_jobs
from certificates.services.signing.few_at_once import few_at_once
from certificates.services.signing.gateways import gateway_of
from organisations.api.devices import ProvenView, fields_of, named_organisations
from organisations.models import Device
from organisations.services.devices.proofs import Accepted


def _signed(text: object) -> bytes:
    if isinstance(text, str) and len(text) > MAX_REQUEST_BYTES * 4 // 3 + 4:
        raise RequestTooLarge
    data = decoded(text, MAX_REQUEST_BYTES)
    if data is None:
        raise SignedRequestRefused
    return data


class Records(ProvenView):
    """Takes both signed questions."""

    def post(self, request: Request, job_id: str) -> Response:
        """Ask the government and return how many proposals came of it; what they are stands on the page.

        The same questions again get the same answer.
        """
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, fields = device_of(accepted), fields_of(request)
        qualities, certificates = _signed(fields.get("qualities")), _signed(fields.get("certificates"))
        try:
            return self._read(request, job_id, device, (qualities, certificates), now)
        except JobClosed:
            # Perhaps by these very questions, in a call whose answer was lost or that was slower.
            with named_organisations(device):
                found = answered(agent_jobs.find_job(job_id, device), qualities, certificates)
            if found is None:
                raise
            return 200, {"state": "answered", "proposals": found}

    @staticmethod
    def _read(
        request: Request, job_id: str, device: Device, signed: tuple[bytes, bytes], now: datetime
    ) -> Body:
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)
            questions = check_questions(job, *signed, now=now)
        waits = still_checking(request.headers, lambda: check_asking_card(questions, now=now))
        if waits is not None:
            return waits
        with few_at_once():
            proposals = read_records(job, questions, device, partial(gateway_of, job.environment), now=now)
        return 200, {"state": "answered", "proposals": proposals}
