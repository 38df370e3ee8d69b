"""Asking for the certificate until it is there, the deadline has passed, or nothing more can be expected."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.domain.foreign_lifecycle import (
    AFTER_DEADLINE,
    ForeignState,
    is_lapsed,
    is_late,
)
from certificates.domain.lifecycle import Environment
from certificates.models import ForeignRequest
from certificates.services.installations.match import match_waiting_installations
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.requests.collect import NOT_YET_DELIVERED, checked_delivery
from certificates.services.signing import ask_later as asking
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.nudges import nudge_status_check
from certificates.services.signing.transition import move
from organisations.errors import DomainError
from organisations.tenancy import acting_for


def collect_for_foreigner(request: ForeignRequest, gateway: Gateway, *, now: datetime) -> None:
    """Ask once. Raises Overtaken when another worker was first."""
    try:
        chain = gateway.certificate_chain(request.public_key_identifier or "")
    except Rejected as error:
        with acting_for([request.organisation_id], as_platform=True):
            _answered(request, error, now)
        return
    except Transient as error:
        with acting_for([request.organisation_id], as_platform=True):
            ask_later(request, problem_of(error, now), now)
        return
    take_delivery(request, chain, now=now)


def _answered(request: ForeignRequest, error: Rejected, now: datetime) -> None:
    unconfirmed = request.state == ForeignState.AWAITING_CONFIRMATION
    if error.says(settings.CERTRA_REFUSED_CODES):
        # The authority refuses a request that nobody confirmed in time: that is the deadline, not a verdict.
        late = unconfirmed and is_late(request.expires_at, now)
        move(request, ForeignState.LAPSED if late else ForeignState.REJECTED, actor=PLATFORM, now=now,
             problem=problem_of(error, now), details={"codes": list(error.codes)})  # fmt: skip
        return
    waiting = error.says(NOT_YET_DELIVERED)
    if waiting and unconfirmed and is_lapsed(request.expires_at, now):
        move(request, ForeignState.LAPSED, actor=PLATFORM, now=now)
        return
    ask_later(request, None if waiting else problem_of(error, now), now)


def ask_later(request: ForeignRequest, problem: dict[str, object] | None, now: datetime) -> None:
    """Ask again after a pause that grows, at the latest when the deadline has passed; or give up.

    As long as the identity can be confirmed, and examined afterwards, a certificate may come.
    """
    ends = request.expires_at
    asking.ask_later(
        request,
        problem,
        now,
        until=_next_look(request, now),
        at_least_until=ends + AFTER_DEADLINE if ends else None,
    )


def _next_look(request: ForeignRequest, now: datetime) -> datetime:
    until = now + patience().pause(request.attempts)
    if request.expires_at is not None and request.state == ForeignState.AWAITING_CONFIRMATION:
        passed = request.expires_at + timedelta(seconds=1)
        if now < passed < until:
            return passed
    return until


def take_delivery(request: ForeignRequest, chain: Sequence[bytes], *, now: datetime) -> None:
    """Check what was delivered and take it into the inventory; a wrong delivery is noted and asked for again."""
    try:
        facts = checked_delivery(
            chain,
            public_key_identifier=request.public_key_identifier or "",
            dn=request.dn,
            environment=Environment(request.environment),
        )
    except DomainError as error:
        problem: dict[str, object] = {
            "kind": "delivery",
            "summary": error.code,
            "answers": [],
            "at": now.isoformat(),
        }
        with acting_for([request.organisation_id], as_platform=True):
            if request.state == ForeignState.OUTCOME_UNKNOWN:
                move(request, ForeignState.AWAITING_CONFIRMATION, actor=PLATFORM, now=now, problem=problem,
                     next_attempt_at=now + patience().pause(0))  # fmt: skip
            else:
                ask_later(request, problem, now)
        return
    with acting_for([request.organisation_id], as_platform=True), transaction.atomic():
        certificate, _new = add_certificate(
            request.organisation,
            facts,
            environment=Environment(request.environment),
            chain=chain[1:],
            chain_trusted=True,
            source="requested",
            actor=PLATFORM,
            now=now,
        )
        move(
            request,
            ForeignState.ISSUED,
            actor=PLATFORM,
            now=now,
            certificate=certificate,
            details={"fingerprint": facts.fingerprint},
        )
        match_waiting_installations(request.organisation)
        nudge_status_check(certificate)
