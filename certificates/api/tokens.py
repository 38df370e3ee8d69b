"""The agent's endpoints for encryption tokens: each step is signed on the workstation and handed on as it is."""

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.api.agent import Body, decoded
from certificates.api.jobs import device_of
from certificates.domain.lifecycle import Environment
from certificates.errors.signing import RequestTooLarge, SignedRequestRefused
from certificates.models import AgentJob, Certificate
from certificates.models.job import JobKind
from certificates.services.records.ask_own import ask_own_record
from certificates.services.signing import agent_jobs
from certificates.services.signing.few_at_once import few_at_once
from certificates.services.signing.gateways import depot_of, gateway_of, token_gateway_of
from certificates.services.tokens import activate as activate_token
from certificates.services.tokens import continuity
from certificates.services.tokens import depot as depot_tokens
from certificates.services.tokens import register as register_token
from certificates.services.tokens.find import (
    ask_at_workstation,
    find_if_unknown,
    held_certificate,
    learn_from_depot,
)
from certificates.trust.anchors import certificate_roots
from organisations.api.devices import ProvenView, fields_of, named_organisations
from organisations.models import Device, Person
from organisations.services.audit import Actor
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


def anchors_for(certificate: Certificate) -> list[str]:
    """Return the roots of the certificate's environment (DER, base64): what the workstation verifies against."""
    return [
        base64.b64encode(root).decode() for root in certificate_roots(Environment(certificate.environment))
    ]


class StartToken(ProvenView):
    """Offers the encryption key."""

    def post(self, request: Request, job_id: str) -> Response:
        """Return the challenge that proves the key."""
        return self._answer(request, self._act, job_id=job_id)

    @few_at_once()
    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        certificate = certificate_of(job_id, device, *MAKING)
        authority = token_gateway_of(certificate.environment)
        challenge = register_token.start_token(certificate, data, device, authority, now=now)
        return 200, {"challenge": base64.b64encode(challenge).decode()}


class CompleteToken(ProvenView):
    """Hands in the certificate of the encryption key."""

    def post(self, request: Request, job_id: str) -> Response:
        """Return the token (null when it is only known to be there), and whether it waits for its activation."""
        return self._answer(request, self._act, job_id=job_id)

    @few_at_once()
    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        certificate = certificate_of(job_id, device, *MAKING)
        authority = token_gateway_of(certificate.environment)
        depot = depot_of(certificate.environment)
        made = register_token.complete_token(certificate, data, device, authority, depot, now=now)
        return 200, {
            "etk": base64.b64encode(made.etk).decode() if made.etk is not None else None,
            "to_be_activated": made.to_be_activated,
            "trust_anchors": anchors_for(certificate),
        }


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

    @few_at_once()
    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        with named_organisations(device):
            job = agent_jobs.find_job(job_id, device)
            certificate = agent_jobs.certificate_of(job, JobKind.ACTIVATE_TOKEN)
            wanted = activate_token.is_wanted(job, now=now)
        if wanted:
            authority = token_gateway_of(certificate.environment)
            activate_token.activate_token(certificate, data, device, authority, now=now)
        return 200, {"state": "active"}


class DepotToken(ProvenView):
    """The token that the depot hands out, for the self test."""

    def get(self, request: Request, job_id: str) -> Response:
        """Return the token, null when the depot has none."""
        return self._answer(request, self._act, job_id=job_id)

    @few_at_once()
    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device = device_of(accepted)
        certificate = certificate_of(job_id, device, *TESTING)
        found = depot_tokens.depot_token(certificate, depot_of(certificate.environment), now=now)
        if found is not None:
            learn_from_depot(certificate, found, actor=Actor.device(device), now=now)
        etk = base64.b64encode(found).decode() if found is not None else None
        return 200, {"etk": etk, "trust_anchors": anchors_for(certificate)}


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

    def post(self, request: Request, job_id: str) -> Response:
        """Ask the government, keep its word, and return it."""
        return self._answer(request, self._act, job_id=job_id)

    @few_at_once()
    def _act(self, request: Request, accepted: Accepted, *, now: datetime, job_id: str) -> Body:
        device, data = device_of(accepted), signed_bytes(fields_of(request))
        certificate = certificate_of(job_id, device)
        info = ask_own_record(certificate, data, device, gateway_of(certificate.environment), now=now)
        opens = info.replacement_period_start
        return 200, {
            "status": str(info.status),
            "token_status": str(info.etk_status),
            "replaceable_from": opens.isoformat() if opens else None,
        }


Offer = Callable[[Certificate, Person, Device, datetime], AgentJob]


def offered_at_workstation(request: Request, accepted: Accepted, offer: Offer, now: datetime) -> Body:
    """Answer with a job for one of the holder's certificates, asked for at the workstation itself.

    The depot is asked first where no token of the certificate is known here.
    """
    device = device_of(accepted)
    fingerprint = str(fields_of(request).get("fingerprint", ""))
    with named_organisations(device):
        certificate, holder = held_certificate(fingerprint, device, now=now)
    depot = depot_of(certificate.environment)
    with few_at_once():
        find_if_unknown(certificate, depot, actor=Actor.device(device), now=now)
    with named_organisations(device):
        return 201, {"job_id": offer(certificate, holder, device, now).pk}


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
