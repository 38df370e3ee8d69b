"""Submitting the certification request of a foreign care provider exactly once (send_once says how)."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from agent.wire.jobs import ContactData, Identifier, Signer
from certificates.certra.facts import ForeignRegistration, ForeignWish
from certificates.certra.gateway import Gateway
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.gateways import patience
from certificates.services.signing.send_once import send_once
from certificates.services.signing.transition import move
from organisations.services.work.deadlocks import write_down


def foreign_wish(request: ForeignRequest) -> ForeignWish:
    """Return what SubmitCSRForForeigner is to be asked."""
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
    """Send the certification request of a READY request once. Raises Overtaken when another worker claimed it."""
    sent = send_once(
        request,
        lambda: foreign_wish(request),
        gateway.submit_csr_for_foreigner,
        environment=request.environment,
        done_before=settings.CERTRA_ALREADY_REGISTERED_CODES,
        now=now,
    )
    if sent is not None:
        answer, at = sent.answer, sent.at
        write_down([request.organisation_id], lambda: _registered(request, answer, at))


def is_safe_address(url: str) -> bool:
    """Return whether people may be sent to `url`: https, or a sandbox's http; nothing that a browser would run."""
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
