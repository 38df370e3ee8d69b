"""The one way in which a request changes its state: a conditional UPDATE and its audit row, in one transaction."""

from datetime import datetime

from django.db import transaction

from certificates.domain.lifecycle import MOVES, RequestState
from certificates.models import CertificateRequest
from organisations.services.audit import Actor, record


class Overtaken(Exception):
    """Somebody else moved the request first; what this worker found out is no longer needed."""


def move(
    request: CertificateRequest,
    to: RequestState,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, object] | None = None,
    **fields: object,
) -> None:
    """Move `request` from the state this worker saw to `to`, with `fields` set, and record it.

    Asking starts anew in the new state (attempts, asked_since) unless `fields` say otherwise. Raises Overtaken when
    the row is in another state by now, ValueError when the domain knows no such move.
    """
    old = RequestState(request.state)
    if to not in MOVES[old]:
        raise ValueError(f"a request does not go from {old} to {to}")
    values: dict[str, object] = {
        "state": to,
        "state_since": now,
        "attempts": 0,
        "asked_since": now,
        "next_attempt_at": None,
        "not_known_answers": 0,
        "problem": None,
    } | fields
    with transaction.atomic():
        # The whole old row is the condition: a second worker that read the same row loses here.
        changed = CertificateRequest.objects.filter(
            pk=request.pk, state=old, attempts=request.attempts
        ).update(**values)
        if not changed:
            raise Overtaken
        record(
            request.organisation_id,
            f"request_{to.value}",
            request,
            actor=actor,
            now=now,
            **({"from": old.value} | (details or {})),
        )
    for name, value in values.items():
        setattr(request, name, value)


def postpone(
    request: CertificateRequest, *, until: datetime, problem: dict[str, object] | None, **fields: object
) -> None:
    """Stay in the state and ask again at `until`; not an event, so not recorded. Raises Overtaken."""
    values: dict[str, object] = {
        "next_attempt_at": until,
        "attempts": request.attempts + 1,
        "problem": problem,
    } | fields
    changed = CertificateRequest.objects.filter(
        pk=request.pk, state=request.state, attempts=request.attempts
    ).update(**values)
    if not changed:
        raise Overtaken
    for name, value in values.items():
        setattr(request, name, value)
