"""Settling a submission whose outcome is not known: by asking, never by sending again blindly.

The public key's identifier was fixed before anything left, so GetCertificate can be asked for it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from django.conf import settings

from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.models import CertificateRequest, ForeignRequest
from certificates.services.requests.collect import NOT_YET_DELIVERED
from certificates.services.signing.ask_later import PLATFORM, ask_later, refuse
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.send_once import note_denial
from certificates.services.signing.transition import move
from organisations.tenancy import acting_for

Sent = TypeVar("Sent", CertificateRequest, ForeignRequest)


def reconcile(
    request: Sent,
    gateway: Gateway,
    *,
    received: StrEnum,
    take: Callable[[Sent, Sequence[bytes]], None],
    now: datetime,
) -> None:
    """Ask what became of the submission; `take` takes a certificate that is there already.

    `received` is the state of a request that arrived and is not delivered yet. Of a foreigner's the answer with address
    and deadline is lost then: the page says what to do about that. Raises Overtaken when another worker settled it.
    """
    try:
        chain = gateway.certificate_chain(request.public_key_identifier or "")
    except Rejected as error:
        with acting_for([request.organisation_id], as_platform=True):
            _answered(request, error, received, now)
        return
    except Transient as error:
        with acting_for([request.organisation_id], as_platform=True):
            ask_later(request, problem_of(error, now), now, not_known_answers=0)
        return
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
