"""The agent's endpoints for encryption tokens: each step is signed on the workstation and handed on as it is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.api.agent import Body, decoded
from certificates.api.errands import by_worker
from certificates.api.jobs import device_of
from certificates.errors.signing import RequestTooLarge, SignedRequestRefused
from certificates.errors.tokens import TokenNotFound
from certificates.models import AgentJob, Certificate
from certificates.models.errand import ErrandKind
from certificates.models.job import JobKind
from certificates.services.errands.ask import Answer
from certificates.services.records.ask_own import REQUEST as OWN_RECORD
from certificates.services.signing import agent_jobs
from certificates.services.signing.own_signature import check_own_signature
from certificates.services.tokens import activate as activate_token
from certificates.services.tokens import continuity
from certificates.services.tokens import register as register_token
from certificates.services.tokens.errands import order_of
from certificates.services.tokens.find import ask_at_workstation, held_certificate, is_known
from organisations.api.devices import ProvenView, fields_of, named_organisations
from organisations.models import Device, Person
from organisations.services.devices.proofs import Accepted


def signed_bytes(fields: dict[str, Any]) -> bytes:
    """Return the signed request of a body. Raises RequestTooLarge, SignedRequestRefused."""
    text = fields.get("request")
    if isinstance(text, str) and len(text) > MAX_REQUEST_BYTES * 4 // 3 + 4:
        raise RequestTooLarge
    data = decoded(text, MAX_REQUEST_BYTES)
    if data is None:
        raise SignedRequestRefused
    return data


MAKING = (JobKind.REQUEST_CERTIFICATE, JobKind.MAKE_TOKEN)
"""The token is made in the sitting of its certificate, or afterwards for a key store that is there already."""
TESTING = (*MAKING, JobKind.ACTIVATE_TOKEN, JobKind.CHECK_TOKEN)


def certificate_of(job_id: str, device: Device, *kinds: JobKind) -> Certificate:
    """Return the certificate that a job of `kinds` is about. Raises JobUnknown, JobClosed while there is none."""
    names: AbstractContextManager[Any] = named_organisations(device)
    with names:
        return agent_jobs.certificate_of(agent_jobs.find_job(job_id, device), *kinds)


def done(answer: Answer) -> Body:
    """Answer with what a worker was told."""
    return HTTPStatus.OK, answer


def signed_step(
    headers: Mapping[str, str],
    certificate: Certificate,
    device: Device,
    data: bytes,
    step: tuple[ErrandKind, str],
) -> Body:
    """Have a worker hand on what the certificate's key signed, element by kind; a stranger's signature makes no errand.

    Raises SignedRequestRefused and its kind, and what came of it.
    """
    kind, element = step
    return by_worker(
        headers,
        order_of(kind, certificate, device, data),
        done,
        first=lambda: check_own_signature(certificate, data, element),
    )


class StartToken(ProvenView):
    """Offers the encryption key."""

    step = (ErrandKind.START_TOKEN, "StartETKRegistrationRequest")

    def post(self, request: Request, job_id: str) -> Response:
        """Return the challenge that proves the key."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        certificate = certificate_of(job_id, device, *MAKING)
        return signed_step(request.headers, certificate, device, data, self.step)


class CompleteToken(ProvenView):
    """Hands in the certificate of the encryption key."""

    step = (ErrandKind.COMPLETE_TOKEN, "CompleteETKRegistrationRequest")

    def post(self, request: Request, job_id: str) -> Response:
        """Return the token (null when it is only known to be there), and whether it waits for its activation."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        certificate = certificate_of(job_id, device, *MAKING)
        return signed_step(request.headers, certificate, device, data, self.step)


class TokenStored(ProvenView):
    """The workstation confirms that its key store holds the token's key."""

    asks_nobody = True

    def post(self, request: Request, job_id: str) -> Response:
        """Note it."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, fields = device_of(accepted), fields_of(request)
        with named_organisations(device):
            certificate = agent_jobs.certificate_of(agent_jobs.find_job(job_id, device), *MAKING)
            register_token.confirm_token_stored(certificate, str(fields.get("serial", "")), device, now=now)
        return 200, {"state": "stored"}


class ActivateToken(ProvenView):
    """Takes the signed activation."""

    def post(self, request: Request, job_id: str) -> Response:
        """Have the depot switch to the new token."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)
            certificate = agent_jobs.certificate_of(job, JobKind.ACTIVATE_TOKEN)

        def first() -> Body | None:
            with named_organisations(device):
                wanted = activate_token.is_wanted(agent_jobs.find_job(job_id, device), now=now)
            if not wanted:
                return done({"state": "active"})
            check_own_signature(certificate, data, "ActivateETKRequest")
            return None

        order = order_of(ErrandKind.ACTIVATE_TOKEN, certificate, device, data, job=job_id)
        return by_worker(request.headers, order, done, first=first)


class DepotToken(ProvenView):
    """The token that the depot hands out, for the self test."""

    def get(self, request: Request, job_id: str) -> Response:
        """Return the token, null when the depot has none."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        certificate = certificate_of(job_id, device, *TESTING)
        return by_worker(request.headers, order_of(ErrandKind.DEPOT_TOKEN, certificate, device), done)


class TokenProof(ProvenView):
    """Takes the outcome of the self test."""

    asks_nobody = True

    def post(self, request: Request, job_id: str) -> Response:
        """Keep it with date and device."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, fields = device_of(accepted), fields_of(request)
        with named_organisations(device):
            certificate = agent_jobs.certificate_of(agent_jobs.find_job(job_id, device), *TESTING)
            proof = continuity.record_proof(
                certificate,
                device,
                finding=str(fields.get("finding", "")),
                serial=str(fields.get("serial", "")),
                now=now,
            )
        return 200, {"passed": proof.passed}


class OwnRecord(ProvenView):
    """Takes the question that a certificate signs about itself."""

    step = (ErrandKind.OWN_RECORD, OWN_RECORD)

    def post(self, request: Request, job_id: str) -> Response:
        """Ask the government, keep its word, and return it."""
        return self._answer(request, self._act, job_id=job_id)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        certificate = certificate_of(job_id, device)
        return signed_step(request.headers, certificate, device, data, self.step)


Offer = Callable[[Certificate, Person, Device, datetime], AgentJob]


def offered_at_workstation(request: Request, accepted: Accepted, offer: Offer, now: datetime) -> Body:
    """Answer with a job for one of the holder's certificates, asked for at the workstation itself.

    The depot is asked first where no token of the certificate is known here; that it has none is no error.
    """
    device = device_of(accepted)
    fingerprint = str(fields_of(request).get("fingerprint", ""))
    with named_organisations(device):
        certificate, holder = held_certificate(fingerprint, device, now=now)
        known = is_known(certificate)

    def offered(_found: Answer) -> Body:
        with named_organisations(device):
            return HTTPStatus.CREATED, {"job_id": offer(certificate, holder, device, now).pk}

    if known:
        return offered({})
    try:
        return by_worker(request.headers, order_of(ErrandKind.FIND_TOKEN, certificate, device), offered)
    except TokenNotFound:
        return offered({})


class Checks(ProvenView):
    """Offers a self test."""

    def post(self, request: Request) -> Response:
        """Return the job to run."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        return offered_at_workstation(request, accepted, continuity.ask_at_workstation, now)


class Tokens(ProvenView):
    """Offers the making of a token for a key store that is there already."""

    def post(self, request: Request) -> Response:
        """Return the job to run."""
        return self._answer(request, self._act)

    def _act(self, request: Request, accepted: Accepted, *, now: datetime) -> Body:
        return offered_at_workstation(request, accepted, ask_at_workstation, now)
