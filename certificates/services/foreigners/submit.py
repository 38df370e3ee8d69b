"""Submitting the certification request of a foreign care provider exactly once; the pattern is that of submit_request.

Transaction 1 claims the row (SUBMITTING) before a byte leaves; the call is made outside any transaction; transaction 2
writes the outcome. What became of a lost answer is asked for by the key's identifier (reconcile), never assumed.
"""

import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from agent.wire.jobs import ContactData, Identifier, Signer
from certificates.certra.errors import OutcomeUnknown, Rejected, Transient
from certificates.certra.facts import ForeignRegistration, ForeignWish
from certificates.certra.gateway import Gateway
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from certificates.services.gateways import patience, problem_of
from certificates.services.transition import move
from organisations.services.audit import Actor
from organisations.tenancy import acting_for

PLATFORM = Actor.platform()


def wish_of(request: ForeignRequest) -> ForeignWish:
    """Return what SubmitCSRForForeigner is asked."""
    person = request.person
    return ForeignWish(
        person=Signer(
            ids=(Identifier("SSIN", person.read_ssin()),),
            first_names=tuple(person.first_names.split()),
            name=person.name,
        ),
        contact_data=ContactData(
            email_private=request.email_private,
            email_general=request.email_general or None,
            phone_private=request.phone_private,
            phone_general=request.phone_general or None,
        ),
        csr_der=request.csr,
    )


def submit_foreign_csr(request: ForeignRequest, gateway: Gateway, *, now: datetime) -> None:
    """Send a READY request. Raises Overtaken when another worker claimed it."""
    grace = timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    first_asked = request.asked_since or now
    attempts = request.attempts
    with acting_for([request.organisation_id]):
        if patience().exhausted(first_asked, now):
            move(request, ForeignState.GAVE_UP, actor=PLATFORM, now=now, problem=request.problem)
            return
        wish = wish_of(request)
        move(
            request,
            ForeignState.SUBMITTING,
            actor=PLATFORM,
            now=now,
            asked_since=first_asked,
            attempts=attempts + 1,
            submission_started_at=now,
            next_attempt_at=now + grace,
        )
    began = time.monotonic()
    outcome = _send(gateway, wish)
    now += timedelta(seconds=time.monotonic() - began)
    with acting_for([request.organisation_id]):
        match outcome:
            case ForeignRegistration():
                _registered(request, outcome, now)
            case Transient():
                _not_sent(request, outcome, first_asked, now)
            case _:
                _not_registered(request, outcome, now)


def _send(gateway: Gateway, wish: ForeignWish) -> ForeignRegistration | Transient | Rejected | OutcomeUnknown:
    try:
        return gateway.submit_csr_for_foreigner(wish)
    except (Transient, Rejected, OutcomeUnknown) as error:
        return error


def is_safe_address(url: str) -> bool:
    """Whether people may be sent to `url`: https, or plain http of a sandbox; nothing that a browser would run."""
    if len(url) > 500 or any(ord(c) <= 32 for c in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    schemes = {"https", "http"} if settings.SANDBOX else {"https"}
    return parts.scheme in schemes and bool(parts.hostname) and parts.username is None


def _registered(request: ForeignRequest, registration: ForeignRegistration, now: datetime) -> None:
    """Note where the person confirms and until when; an address that nobody may be sent to counts as lost."""
    safe = is_safe_address(registration.validation_url)
    move(
        request,
        ForeignState.AWAITING_CONFIRMATION,
        actor=PLATFORM,
        now=now,
        validation_url=registration.validation_url if safe else "",
        expires_at=registration.expires_at,
        next_attempt_at=now + patience().pause(0),
        details={"expires_at": registration.expires_at.isoformat(), "address": "safe" if safe else "unsafe"},
    )


def _not_sent(request: ForeignRequest, error: Transient, first_asked: datetime, now: datetime) -> None:
    """Nothing left the house: wait and send, keeping count of how long this goes on."""
    move(
        request,
        ForeignState.READY,
        actor=PLATFORM,
        now=now,
        asked_since=first_asked,
        attempts=request.attempts,
        next_attempt_at=now + patience().pause(request.attempts),
        problem=problem_of(error, now),
        event="not_sent",
    )


def _not_registered(request: ForeignRequest, error: Rejected | OutcomeUnknown, now: datetime) -> None:
    known_before = set(error.codes) & set(settings.CERTRA_ALREADY_REGISTERED_CODES)
    if isinstance(error, Rejected) and not known_before:
        move(request, ForeignState.REJECTED, actor=PLATFORM, now=now, problem=problem_of(error, now),
             details={"codes": list(error.codes)})  # fmt: skip
        return
    outcome_unknown(request, now=now, problem=problem_of(error, now))


def outcome_unknown(request: ForeignRequest, *, now: datetime, problem: dict[str, object] | None) -> None:
    """Note that the request may have arrived, and when to ask."""
    move(
        request,
        ForeignState.OUTCOME_UNKNOWN,
        actor=PLATFORM,
        now=now,
        asked_since=request.asked_since,
        next_attempt_at=now + patience().pause(0),
        problem=problem,
    )
