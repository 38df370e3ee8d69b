"""Submitting a signed request exactly once.

Transaction 1 claims the request (SUBMITTING) before a byte leaves. Then the call, outside any transaction.
Transaction 2 writes the outcome. A worker that dies in between leaves SUBMITTING behind; after a grace period the
outcome is asked for (reconcile_request), never assumed.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.errors import OutcomeUnknown, Rejected, Transient
from certificates.certra.gateway import Gateway, Registered
from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.gateways import patience, problem_of
from certificates.services.transition import move
from organisations.sealing import unseal
from organisations.services.audit import Actor
from organisations.tenancy import acting_for

PLATFORM = Actor.platform()


def submit_request(request: CertificateRequest, gateway: Gateway, *, now: datetime) -> None:
    """Send a SIGNED request. Raises Overtaken when another worker claimed it."""
    grace = timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    first_asked = request.asked_since or now
    attempts = request.attempts
    with acting_for([request.organisation_id]):
        if patience().exhausted(first_asked, now):
            move(request, RequestState.GAVE_UP, actor=PLATFORM, now=now, problem=request.problem)
            return
        move(
            request,
            RequestState.SUBMITTING,
            actor=PLATFORM,
            now=now,
            asked_since=first_asked,
            attempts=attempts + 1,
            submission_started_at=now,
            next_attempt_at=now + grace,
        )
        signed = unseal(request.sealed_signed_request or b"")
    began = time.monotonic()
    outcome = _send(gateway, signed)
    now += timedelta(seconds=time.monotonic() - began)
    with acting_for([request.organisation_id]):
        match outcome:
            case Registered():
                registered_as(request, outcome, now=now)
            case Transient():
                _not_sent(request, outcome, first_asked, now)
            case _:
                _not_registered(request, outcome, now)


def _send(gateway: Gateway, signed: bytes) -> Registered | Transient | Rejected | OutcomeUnknown:
    try:
        return gateway.submit(signed)
    except (Transient, Rejected, OutcomeUnknown) as error:
        return error


def _not_sent(request: CertificateRequest, error: Transient, first_asked: datetime, now: datetime) -> None:
    """Nothing left the house: wait and send, keeping count of how long this goes on."""
    move(
        request,
        RequestState.SIGNED,
        actor=PLATFORM,
        now=now,
        asked_since=first_asked,
        attempts=request.attempts,
        next_attempt_at=now + patience().pause(request.attempts),
        problem=problem_of(error, now),
        event="not_sent",
    )


def _not_registered(request: CertificateRequest, error: Rejected | OutcomeUnknown, now: datetime) -> None:
    known_before = set(error.codes) & set(settings.CERTRA_ALREADY_REGISTERED_CODES)
    if isinstance(error, Rejected) and not known_before:
        move(request, RequestState.REJECTED, actor=PLATFORM, now=now, problem=problem_of(error, now),
             details={"codes": list(error.codes)})  # fmt: skip
        return
    outcome_unknown(request, now=now, problem=problem_of(error, now))


def outcome_unknown(request: CertificateRequest, *, now: datetime, problem: dict[str, object] | None) -> None:
    """Note that the request may have arrived, and when to ask."""
    move(
        request,
        RequestState.OUTCOME_UNKNOWN,
        actor=PLATFORM,
        now=now,
        asked_since=request.asked_since,
        next_attempt_at=now + patience().pause(0),
        problem=problem,
    )


def registered_as(request: CertificateRequest, registered: Registered, *, now: datetime) -> None:
    """Note that the authority has the request; from here on the certificate is asked for."""
    if registered.public_key_identifier != request.public_key_identifier:
        problem: dict[str, object] = {
            "kind": "outcome_unknown",
            "summary": "the answer names another key",
            "answers": [],
            "at": now.isoformat(),
        }
        outcome_unknown(request, now=now, problem=problem)
        return
    move(
        request,
        RequestState.AWAITING_CERTIFICATE,
        actor=PLATFORM,
        now=now,
        automatically_validated=registered.automatically_validated,
        next_attempt_at=now + patience().pause(0),
        details={
            "automatically_validated": registered.automatically_validated,
            "replaces": registered.replaces,
        },
    )
