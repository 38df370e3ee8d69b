"""The agent's endpoints for jobs, of the organisations for which the device works; nothing else is visible."""

import base64
from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.jobs import KNOWS_HEADER, fields_known
from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.api.agent import Body, decoded
from certificates.api.cards import still_checking
from certificates.errors.signing import JobClosed, RequestTooLarge, SignedRequestRefused
from certificates.models import AgentJob
from certificates.services.jobs import documents as job_documents
from certificates.services.jobs import signed as signed_jobs
from certificates.services.requests import job as request_job
from certificates.services.signing import agent_jobs
from certificates.services.signing.card_signature import check_signing_card
from organisations.api.devices import ProvenView, fields_of, named_organisations
from organisations.models import Device
from organisations.services.devices.proofs import Accepted
from organisations.services.work.deadlocks import once_more_on_deadlock

POLL_AFTER_SECONDS = 2


def device_of(accepted: Accepted) -> Device:
    """Return the calling device; only enrolling calls come without one."""
    assert accepted.device is not None  # noqa: S101  # ProvenView looked it up
    return accepted.device


class Jobs(ProvenView):
    """What waits for the holder of this device."""

    asks_nobody = True

    def get(self, request: Request) -> Response:
        """Return the open jobs, the oldest first."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        device = device_of(accepted)
        with named_organisations(device):
            return 200, {"jobs": [self._line(job) for job in agent_jobs.open_jobs(device, now=now)]}

    @staticmethod
    def _line(job: AgentJob) -> dict[str, Any]:
        return {
            "id": job.pk,
            "kind": job.kind,
            "organisation": job.organisation.name,
            "certificate_name": str(job.subject),
            "environment": job.environment,
            "state": str(job.state),
            "created_at": job.created_at.isoformat(),
            "expires_at": job.expires_at.isoformat(),
        }


class Job(ProvenView):
    """One job's document."""

    asks_nobody = True

    def get(self, request: Request, job_id: str) -> Response:
        """Return what the agent builds, shows and signs."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        with named_organisations(device):
            document = job_documents.job_document(agent_jobs.find_job(job_id, device), now=now)
        known = fields_known(request.headers.get(KNOWS_HEADER, ""))
        # An agent of before refuses a document with a field that it does not know.
        unknown = type(document).optional - known
        return 200, {name: value for name, value in document.to_json().items() if name not in unknown}


class SignedRequest(ProvenView):
    """Takes the signed bytes."""

    def post(self, request: Request, job_id: str) -> Response:
        """Check, persist and hand over to the submission."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        fields = fields_of(request)
        text = fields.get("request")
        if isinstance(text, str) and len(text) > MAX_REQUEST_BYTES * 4 // 3 + 4:
            raise RequestTooLarge
        data = decoded(text, MAX_REQUEST_BYTES)
        if data is None:
            raise SignedRequestRefused
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)
            if signed_jobs.already_accepted(job, data):
                return 202, {"state": "submitting", "public_key_identifier": signed_jobs.key_of(job)}
            checked = signed_jobs.check(job, data)
        waits = still_checking(request.headers, lambda: check_signing_card(checked.verified, now=now))
        if waits is not None:
            return waits

        def accept() -> None:
            with named_organisations(device):
                job = agent_jobs.find_job(job_id, device)
                # A retry may have overtaken us while the card was checked.
                if not signed_jobs.already_accepted(job, data):
                    signed_jobs.accept(job, checked, device, now=now)

        once_more_on_deadlock(accept)
        return 202, {"state": "submitting", "public_key_identifier": checked.public_key_identifier}


class Decline(ProvenView):
    """The holder refuses."""

    asks_nobody = True

    def post(self, request: Request, job_id: str) -> Response:
        """Close the job and tell the administrator."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        fields = fields_of(request)
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)
            signed_jobs.decline(job, device, reason=str(fields.get("reason", "")), now=now)
        return 200, {"state": "declined"}


class Outcome(ProvenView):
    """Where a signed job stands."""

    asks_nobody = True

    def get(self, request: Request, job_id: str) -> Response:
        """Return the state and, once delivered, the certificate."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)
            outcome = signed_jobs.job_outcome(job)
        return 200, {
            "kind": job.kind,
            "environment": job.environment,
            "state": outcome.state,
            "certificates": [base64.b64encode(der).decode() for der in outcome.certificates],
            "trust_anchors": [base64.b64encode(der).decode() for der in outcome.trust_anchors],
            "problem": outcome.problem,
            "poll_after_seconds": POLL_AFTER_SECONDS,
        }


class Stored(ProvenView):
    """The workstation confirms that its key store holds key and certificate."""

    asks_nobody = True

    def post(self, request: Request, job_id: str) -> Response:
        """Complete the request."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        fields = fields_of(request)
        key_store_format = fields.get("format")
        if key_store_format not in ("modern", "legacy"):
            raise JobClosed
        with named_organisations(device):
            request_job.confirm_stored(
                agent_jobs.find_job(job_id, device),
                device,
                fingerprint=str(fields.get("fingerprint", "")),
                key_store_format=key_store_format,
                now=now,
            )
        return 200, {"state": "completed"}
