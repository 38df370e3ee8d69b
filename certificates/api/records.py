"""The agent's endpoint for the government's own records: two signed questions in, proposals out."""

from datetime import datetime
from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.api.agent import Body, decoded
from certificates.api.cards import still_checking
from certificates.api.errands import by_worker
from certificates.api.jobs import device_of
from certificates.errors.signing import JobClosed, RequestTooLarge, SignedRequestRefused
from certificates.services.errands.ask import Answer
from certificates.services.records.card_questions import answered, check_asking_card, check_questions
from certificates.services.records.errands import records_order
from certificates.services.signing import agent_jobs
from organisations.api.devices import ProvenView, fields_of, named_organisations
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
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)

        def first() -> Body | None:
            with named_organisations(device):
                again = agent_jobs.find_job(job_id, device)
                try:
                    questions = check_questions(again, qualities, certificates, now=now)
                except JobClosed:
                    # Perhaps by these very questions, in a call whose answer was lost or that was slower.
                    found = answered(again, qualities, certificates)
                    if found is None:
                        raise
                    return told({"proposals": found})
            return still_checking(request.headers, lambda: check_asking_card(questions, now=now))

        order = records_order(job, device, qualities, certificates)
        return by_worker(request.headers, order, told, first=first)


def told(answer: Answer) -> Body:
    """Answer with how many proposals were made."""
    return HTTPStatus.OK, {"state": "answered", **answer}
