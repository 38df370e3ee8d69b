"""Settling a submission whose outcome is not known: by asking for the key, never by sending again blindly."""

from datetime import datetime, timedelta

from django.conf import settings

from certificates.certra.errors import CertraError, Rejected, Transient
from certificates.certra.gateway import Gateway
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.models import ForeignRequest
from certificates.services.collect_certificate import NOT_YET_DELIVERED
from certificates.services.foreigners.collect import take_delivery
from certificates.services.foreigners.submit import outcome_unknown
from certificates.services.gateways import patience, problem_of
from certificates.services.send_once import DENIALS_NEEDED
from certificates.services.transition import move, postpone
from organisations.services.audit import Actor
from organisations.tenancy import acting_for

PLATFORM = Actor.platform()


def note_lost_submission(request: ForeignRequest, *, now: datetime) -> None:
    """A worker died while SUBMITTING: from now on the outcome is asked for."""
    with acting_for([request.organisation_id]):
        outcome_unknown(request, now=now, problem=None)


def reconcile_foreign_request(request: ForeignRequest, gateway: Gateway, *, now: datetime) -> None:
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


def _answered(request: ForeignRequest, error: Rejected, now: datetime) -> None:
    codes = set(error.codes)
    if codes & NOT_YET_DELIVERED:
        # It arrived, but the answer with address and deadline is lost: the page says what to do about that.
        move(request, ForeignState.AWAITING_CONFIRMATION, actor=PLATFORM, now=now,
             next_attempt_at=now + patience().pause(0))  # fmt: skip
    elif codes & set(settings.CERTRA_REFUSED_CODES):
        move(request, ForeignState.REJECTED, actor=PLATFORM, now=now, problem=problem_of(error, now),
             details={"codes": list(error.codes)})  # fmt: skip
    elif codes & set(settings.CERTRA_UNKNOWN_REQUEST_CODES):
        _denied(request, error, now)
    else:
        _ask_later(request, error, now)


def _denied(request: ForeignRequest, error: CertraError, now: datetime) -> None:
    """The authority says it never saw the key. Believe it the second time, once the first call must be over."""
    denials = request.not_known_answers + 1
    grace = timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    over = request.submission_started_at is None or request.submission_started_at + grace <= now
    if denials >= DENIALS_NEEDED and over:
        move(
            request,
            ForeignState.READY,
            actor=PLATFORM,
            now=now,
            asked_since=request.asked_since,
            attempts=request.attempts,
            next_attempt_at=now + patience().pause(0),
            event="not_received",
            details={"not_known_answers": denials},
        )
        return
    postpone(
        request,
        until=now + patience().pause(request.attempts),
        problem=problem_of(error, now),
        not_known_answers=min(denials, DENIALS_NEEDED),
    )


def _ask_later(request: ForeignRequest, error: CertraError, now: datetime) -> None:
    if patience().exhausted(request.asked_since or now, now):
        move(request, ForeignState.GAVE_UP, actor=PLATFORM, now=now, problem=problem_of(error, now))
        return
    postpone(
        request,
        until=now + patience().pause(request.attempts),
        problem=problem_of(error, now),
        not_known_answers=0,
    )
