"""Settling a submission whose outcome is not known: by asking, never by sending again blindly.

The public key's identifier was fixed before anything left, so GetCertificate can be asked for it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from django.conf import settings

from certificates.certra.errors import Rejected
from certificates.certra.gateway import Gateway
from certificates.models import CertificateRequest, ForeignRequest
from certificates.services.requests.delivery import NOT_YET_DELIVERED, ask_for_chain
from certificates.services.signing.ask_later import PLATFORM, ask_later, refuse
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.send_once import note_denial
from certificates.services.signing.transition import move

Sent = TypeVar("Sent", CertificateRequest, ForeignRequest)


def reconcile(
    request: Sent,
    gateway: Gateway,
    *,
    received: StrEnum,
    take: Callable[[Sent, Sequence[bytes]], None],
    now: datetime,
) -> None:
    """Ask what became of a submission without answer, and move on; `take` takes a certificate that is there already.

    `received` is the state of a request that arrived and is not delivered yet. Of a foreigner's the answer with address
    and deadline is lost then: the page says what to do about that. Raises Overtaken when another worker settled it.
    """
    chain = ask_for_chain(
        request,
        gateway,
        refused=lambda error: _answered(request, error, received, now),
        unreachable=lambda problem: ask_later(request, problem, now, not_known_answers=0),
        now=now,
    )
    if chain is not None:
        take(request, chain)


def _answered(
    request: CertificateRequest | ForeignRequest, error: Rejected, received: StrEnum, now: datetime
) -> None:
    if error.says(NOT_YET_DELIVERED):
        move(request, received, actor=PLATFORM, now=now, next_attempt_at=now + patience().pause(0))
    elif error.says(settings.CERTRA_REFUSED_CODES):
        refuse(request, error, now)
    elif error.says(settings.CERTRA_UNKNOWN_REQUEST_CODES):
        note_denial(request, problem_of(error, now), now)
    else:
        ask_later(request, problem_of(error, now), now, not_known_answers=0)
