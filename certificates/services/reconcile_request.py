"""Settling a submission whose outcome is not known: by asking, never by sending again blindly.

The public key's identifier was fixed before anything left, so GetCertificate can be asked for it. The authority saying
twice, with a pause and past the grace period of the first call, that it never saw the key is the only thing that lets
the very same bytes go out again.
"""

from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.errors import CertraError, Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.collect_certificate import NOT_YET_DELIVERED, take_delivery
from certificates.services.gateways import patience, problem_of
from certificates.services.submit_request import outcome_unknown
from certificates.services.transition import move, postpone
from organisations.services.audit import Actor
from organisations.tenancy import acting_for

PLATFORM = Actor.platform()
DENIALS_NEEDED = 2
"""How often in a row the authority must say that it never saw the key."""


def note_lost_submission(request: CertificateRequest, *, now: datetime) -> None:
    """A worker died while SUBMITTING: from now on the outcome is asked for."""
    with acting_for([request.organisation_id]):
        outcome_unknown(request, now=now, problem=None)


def reconcile_request(request: CertificateRequest, gateway: Gateway, *, now: datetime) -> None:
    """Ask what became of the submission. Raises Overtaken when another worker settled it."""
    try:
        chain = gateway.certificate_chain(request.public_key_identifier or "")
    except Rejected as error:
        with acting_for([request.organisation_id]):
            _answered(request, error, now)
        return
    except Transient as error:
        with acting_for([request.organisation_id]):
            _ask_later(request, error, now)
        return
    take_delivery(request, chain, now=now)


def _answered(request: CertificateRequest, error: Rejected, now: datetime) -> None:
    codes = set(error.codes)
    if codes & NOT_YET_DELIVERED:
        move(request, RequestState.AWAITING_CERTIFICATE, actor=PLATFORM, now=now,
             next_attempt_at=now + patience().pause(0))  # fmt: skip
    elif codes & set(settings.CERTRA_REFUSED_CODES):
        move(request, RequestState.REJECTED, actor=PLATFORM, now=now, problem=problem_of(error, now),
             details={"codes": list(error.codes)})  # fmt: skip
    elif codes & set(settings.CERTRA_UNKNOWN_REQUEST_CODES):
        _denied(request, error, now)
    else:
        _ask_later(request, error, now)


def _denied(request: CertificateRequest, error: CertraError, now: datetime) -> None:
    """The authority says it never saw the key. Believe it the second time, once the first call must be over."""
    denials = request.not_known_answers + 1
    grace = timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    over = request.submission_started_at is None or request.submission_started_at + grace <= now
    if denials >= DENIALS_NEEDED and over:
        move(
            request,
            RequestState.SIGNED,
            actor=PLATFORM,
            now=now,
            asked_since=request.asked_since,
            attempts=request.attempts,
            next_attempt_at=now + patience().pause(0),
            event="not_received",
            details={"not_known_answers": denials},
        )
        return
    # More denials than needed say nothing more, and the column is a small integer.
    postpone(
        request,
        until=now + patience().pause(request.attempts),
        problem=problem_of(error, now),
        not_known_answers=min(denials, DENIALS_NEEDED),
    )


def _ask_later(request: CertificateRequest, error: CertraError, now: datetime) -> None:
    if patience().exhausted(request.asked_since or now, now):
        move(request, RequestState.GAVE_UP, actor=PLATFORM, now=now, problem=problem_of(error, now))
        return
    postpone(
        request,
        until=now + patience().pause(request.attempts),
        problem=problem_of(error, now),
        not_known_answers=0,
    )
