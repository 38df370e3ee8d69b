"""Asking the government again: after a pause that grows, until it answers, refuses, or patience has run out."""

import random
from datetime import datetime, timedelta
from typing import Any

from certificates.certra.errors import Rejected
from certificates.domain.signing import SigningState
from certificates.models import SentWork
from certificates.services.signing.gateways import patience, problem_of
from certificates.services.signing.transition import move, postpone
from organisations.services.audit import Actor

PLATFORM = Actor.platform()


def ask_later(
    work: SentWork,
    problem: dict[str, object] | None,
    now: datetime,
    *,
    until: datetime | None = None,
    at_least_until: datetime | None = None,
    **fields: Any,
) -> None:
    """Put the next question off by a pause, or to `until`, with `fields` set; or give up. Raises Overtaken.

    Nobody gives up before `at_least_until`, however long it is until then. Where the service was not even asked, since
    it has not been answering, work waits until it is tried again, and that counts as no attempt.
    """
    patient = at_least_until is not None and now < at_least_until
    if not patient and patience().exhausted(work.asked_since or now, now):
        move(work, SigningState.GAVE_UP, actor=PLATFORM, now=now, problem=problem)
        return
    if problem is not None and (rest := rest_until(problem)) is not None:
        postpone(work, until=max(rest, now), problem=problem, **{"attempts": work.attempts} | fields)
        return
    postpone(work, until=until or now + patience().pause(work.attempts), problem=problem, **fields)


def rest_until(problem: dict[str, object]) -> datetime | None:
    """Return when work may be tried again whose service rests: a little after, each at a time of its own."""
    until = problem.get("until")
    return datetime.fromisoformat(until) + spread() if isinstance(until, str) else None


def spread() -> timedelta:
    """Return a little time, another for each row: one tries whether the service answers, and the others come after."""
    return timedelta(seconds=random.uniform(1, 20))  # noqa: S311  # nobody gains by guessing it


def refuse(work: SentWork, error: Rejected, now: datetime) -> None:
    """End `work` as REJECTED and keep what the government said. Raises Overtaken."""
    move(work, SigningState.REJECTED, actor=PLATFORM, now=now, problem=problem_of(error, now),
         details={"codes": list(error.codes)})  # fmt: skip
