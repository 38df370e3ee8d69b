"""Asking for the certificate until it is there, the deadline has passed, or nothing more can be expected."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.errors import Rejected
from certificates.certra.gateway import Gateway
from certificates.domain.foreign_lifecycle import (
    AFTER_DEADLINE,
    ForeignState,
    is_lapsed,
    is_late,
)
from certificates.models import ForeignRequest
from certificates.services.requests.delivery import NOT_YET_DELIVERED, ask_for_chain, take_in
from certificates.services.signing import ask_later as asking
from certificates.services.signing.ask_later import PLATFORM
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.transition import move


def collect_for_foreigner(request: ForeignRequest, gateway: Gateway, *, now: datetime) -> None:
    """Ask once for the certificate, and take it when it is there.

    Call outside transactions. Raises Overtaken when another worker was first.
    """
    chain = ask_for_chain(
        request,
        gateway,
        refused=lambda error: _answered(request, error, now),
        unreachable=lambda problem: ask_later(request, problem, now),
        now=now,
    )
    if chain is not None:
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
    """Put the next question off by a pause that grows, at the latest to the deadline; or give up.

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
    """Take what was delivered for `request` into the inventory; note a wrong delivery and ask again.

    Raises Overtaken when another worker was first. Call outside transactions.
    """
    take_in(
        request,
        chain,
        dn=request.dn,
        waiting=ForeignState.AWAITING_CONFIRMATION,
        issued=ForeignState.ISSUED,
        ask_again=lambda problem: ask_later(request, problem, now),
        now=now,
    )
