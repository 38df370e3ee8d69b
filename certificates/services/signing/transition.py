"""The one way in which work changes its state: a conditional UPDATE and its audit row, in one transaction."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from certificates.models.work import Work
from organisations.models.queued import AS_IF_NEVER_FAILED
from organisations.services.audit import Actor, record


class Overtaken(Exception):
    """Somebody else moved the row first; what this worker found out is no longer needed."""


def move(
    work: Work,
    to: StrEnum,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, object] | None = None,
    event: str = "",
    **fields: object,
) -> None:
    """Move `work` from the state this worker saw to `to`, with `fields` set, and record it.

    The record calls it `<EVENT>_<state>`, or `<EVENT>_<event>` where the state alone would tell something else.

    Asking starts anew in the new state (attempts, asked_since) unless `fields` say otherwise. Raises Overtaken when
    the row is in another state by now, ValueError when the domain knows no such move.
    """
    # Steps that several kinds of work share name a state by its value; each kind has its own.
    old, to = work.state_named(work.state), work.state_named(to)
    if to not in work.MOVES[old]:
        raise ValueError(f"a {work.EVENT} does not go from {old} to {to}")
    values: dict[str, object] = (
        {
            "state": to,
            "state_since": now,
            "attempts": 0,
            "asked_since": now,
            "next_attempt_at": None,
            "not_known_answers": 0,
            "problem": None,
            # Whoever moves it on has no lease on what comes next: it may be taken up at once.
            "leased_by": "",
            "leased_until": None,
        }
        | AS_IF_NEVER_FAILED
        | fields
    )
    with transaction.atomic():
        # The whole old row is the condition: a second worker that read the same row loses here.
        changed = (
            type(work)._default_manager.filter(pk=work.pk, state=old, attempts=work.attempts).update(**values)
        )
        if not changed:
            raise Overtaken
        record(
            work.organisation_id,
            f"{work.EVENT}_{event or to.value}",
            work,
            actor=actor,
            now=now,
            **({"from": old.value} | (details or {})),
        )
    for name, value in values.items():
        setattr(work, name, value)


def postpone(work: Work, *, until: datetime, problem: dict[str, object] | None, **fields: object) -> None:
    """Leave `work` in its state and set when to ask again; no event, so not recorded. Raises Overtaken."""
    values: dict[str, object] = {
        "next_attempt_at": until,
        "attempts": work.attempts + 1,
        "problem": problem,
    } | fields
    changed = (
        type(work)
        ._default_manager.filter(pk=work.pk, state=work.state, attempts=work.attempts)
        .update(**values)
    )
    if not changed:
        raise Overtaken
    for name, value in values.items():
        setattr(work, name, value)
