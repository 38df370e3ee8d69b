"""Submitting a signed request exactly once (send_once says how), and noting that the authority has it."""

from datetime import datetime

from django.conf import settings

from certificates.certra.gateway import Gateway, Registered
from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.gateways import patience
from certificates.services.signing.send_once import outcome_unknown, send_once, signed_bytes
from certificates.services.signing.transition import move
from organisations.services.work.deadlocks import write_down


def submit_request(request: CertificateRequest, gateway: Gateway, *, now: datetime) -> None:
    """Send a SIGNED request once. Raises Overtaken when another worker claimed it."""
    sent = send_once(
        request,
        lambda: signed_bytes(request),
        gateway.submit,
        environment=request.environment,
        done_before=settings.CERTRA_ALREADY_REGISTERED_CODES,
        now=now,
    )
    if sent is not None:
        answer, at = sent.answer, sent.at
        write_down([request.organisation_id], lambda: registered_as(request, answer, now=at))


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
