"""Sending exactly once, whatever it is.

Transaction 1 claims the row (SUBMITTING) before a byte leaves. Then the call, outside any transaction. Transaction 2
writes the outcome. A worker that dies in between leaves SUBMITTING behind; after a grace period the outcome is asked
for, never assumed. Only the authority's own word, given twice with a pause and past the grace period of the first call,
that nothing was done lets the very same bytes go out again. Whoever is late lets nothing leave (sole_sender.py).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.conf import settings

from certificates.certra.errors import OutcomeUnknown, Rejected, Transient
from certificates.domain.signing import SigningState
from certificates.models import SentWork, SignedWork
from certificates.services.signing.ask_later import PLATFORM, ask_later, refuse, rest_until
from certificates.services.signing.gateways import patience, problem_of, silence_of
from certificates.services.signing.sole_sender import database_now, enough_time, is_being_sent, sole_sender
from certificates.services.signing.transition import move, postpone
from organisations.sealing import unseal
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for
from outside.deadline import elapsed

DENIALS_NEEDED = 2
"""How often in a row the authority must say that it never got it."""

M = TypeVar("M")
T = TypeVar("T")


@dataclass(frozen=True)
class Sent(Generic[T]):
    """What the authority answered, and when: the clock has moved on during the call."""

    answer: T
    at: datetime


def signed_bytes(work: SignedWork) -> bytes:
    """Return what the holder signed, byte for byte."""
    return unseal(work.sealed_signed_request or b"")


def send_once(
    work: SentWork,
    message: Callable[[], M],
    send: Callable[[M], T],
    *,
    environment: str,
    done_before: Collection[str],
    now: datetime,
) -> Sent[T] | None:
    """Send the message of UNSENT work to `environment`; return the answer for the caller to write down, or None.

    `message` is read while the row is claimed. `done_before` are the codes of a refusal that mean: this was done
    already, so ask. Call outside transactions. Raises Overtaken when another worker claimed it.
    """
    silence = silence_of(environment)
    if silence is not None:
        with acting_for([work.organisation_id], as_platform=True):
            ask_later(work, problem_of(silence, now), now)
        return None
    with sole_sender(work) as mine:
        if not mine:
            # Its worker is alive and may still send, though its time is over: whatever became of that is seen later.
            with acting_for([work.organisation_id], as_platform=True):
                postpone(work, until=now + patience().pause(work.attempts), problem=work.problem)
            return None
        return _send(work, message, send, done_before=done_before, now=now)


def _send(
    work: SentWork,
    message: Callable[[], M],
    send: Callable[[M], T],
    *,
    done_before: Collection[str],
    now: datetime,
) -> Sent[T] | None:
    first_asked = work.asked_since or now
    attempts = work.attempts
    with acting_for([work.organisation_id], as_platform=True):
        if patience().exhausted(first_asked, now):
            move(work, SigningState.GAVE_UP, actor=PLATFORM, now=now, problem=work.problem)
            return None
        began = elapsed()
        # The grace begins when the row moves, not when it was claimed; by the clock that all workers share.
        now = max(now, database_now())
        move(
            work,
            SigningState.SUBMITTING,
            actor=PLATFORM,
            now=now,
            asked_since=first_asked,
            attempts=attempts + 1,
            submission_started_at=now,
            next_attempt_at=now + timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE),
        )
        content = message()
    try:
        with enough_time(began):
            answer = send(content)
    except (Transient, Rejected, OutcomeUnknown) as error:
        now += timedelta(seconds=elapsed() - began)
        failed, moment = error, now
        write_down(
            [work.organisation_id], lambda: _without_success(work, failed, done_before, first_asked, moment)
        )
        return None
    return Sent(answer, now + timedelta(seconds=elapsed() - began))


def _without_success(
    work: SentWork,
    error: Transient | Rejected | OutcomeUnknown,
    done_before: Collection[str],
    first_asked: datetime,
    now: datetime,
) -> None:
    if isinstance(error, Transient):
        # Nothing left the house: wait and send, keeping count of how long this goes on.
        problem = problem_of(error, now)
        move(
            work,
            work.UNSENT,
            actor=PLATFORM,
            now=now,
            asked_since=first_asked,
            attempts=work.attempts,
            next_attempt_at=rest_until(problem) or now + patience().pause(work.attempts),
            problem=problem,
            event="not_sent",
        )
    elif isinstance(error, Rejected) and not error.says(done_before):
        refuse(work, error, now)
    else:
        outcome_unknown(work, now=now, problem=problem_of(error, now))


def outcome_unknown(work: SentWork, *, now: datetime, problem: dict[str, object] | None) -> None:
    """Note that the message may have arrived, and when to ask. Raises Overtaken."""
    move(
        work,
        SigningState.OUTCOME_UNKNOWN,
        actor=PLATFORM,
        now=now,
        asked_since=work.asked_since,
        next_attempt_at=now + patience().pause(0),
        problem=problem,
    )


def note_lost_submission(work: SentWork, *, now: datetime) -> None:
    """Note that a worker died while SUBMITTING: from now on the outcome is asked for. Raises Overtaken.

    Does nothing within the grace period: the one who sends may still be at it.
    """
    grace = timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    if work.submission_started_at is not None and work.submission_started_at + grace > now:
        return
    with acting_for([work.organisation_id], as_platform=True):
        outcome_unknown(work, now=now, problem=None)


def note_denial(work: SentWork, problem: dict[str, object] | None, now: datetime) -> None:
    """Count the authority's word that it never got this; at the second one, release the very same bytes for sending.

    Only once the grace period of the first call has passed, and while nobody lives who may still make it: until then
    that call may still arrive, and no denial counts. Raises Overtaken.
    """
    if is_being_sent(work):
        postpone(work, until=now + patience().pause(work.attempts), problem=problem, not_known_answers=0)
        return
    denials = work.not_known_answers + 1
    grace = timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    over = work.submission_started_at is None or work.submission_started_at + grace <= now
    if denials >= DENIALS_NEEDED and over:
        move(
            work,
            work.UNSENT,
            actor=PLATFORM,
            now=now,
            asked_since=work.asked_since,
            attempts=work.attempts,
            next_attempt_at=now + patience().pause(0),
            event="not_received",
            details={"not_known_answers": denials},
        )
        return
    # More denials than needed say nothing more, and the column is a small integer.
    postpone(
        work,
        until=now + patience().pause(work.attempts),
        problem=problem,
        not_known_answers=min(denials, DENIALS_NEEDED),
    )
