"""What people tell about a request: confirmed on line or not yet, the store opens, not going on, ask once more."""

from datetime import datetime

from django.db import transaction

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.errors.foreigners import ForeignRequestElsewhere, ForeignRequestInProgress
from certificates.errors.requests import CannotAskAgain
from certificates.models import ForeignRequest
from certificates.services.signing.nudges import nudge_foreign
from certificates.services.signing.transition import Overtaken, move
from organisations.services.audit import Actor


def _step(
    request: ForeignRequest,
    old: ForeignState,
    to: ForeignState,
    actor: Actor,
    now: datetime,
    *,
    due: bool = False,
    event: str = "",
) -> None:
    if request.state != old:
        raise ForeignRequestElsewhere
    try:
        move(request, to, actor=actor, now=now, next_attempt_at=now if due else None, event=event)
    except Overtaken as error:
        raise ForeignRequestElsewhere from error


@transaction.atomic
def note_confirmed(request: ForeignRequest, *, actor: Actor, now: datetime) -> None:
    """Note that the identity is confirmed, as the person says, and ask often again. Raises ForeignRequestElsewhere."""
    _step(
        request,
        ForeignState.AWAITING_CONFIRMATION,
        ForeignState.AWAITING_CERTIFICATE,
        actor,
        now,
        due=True,
    )
    nudge_foreign(request)


@transaction.atomic
def note_unconfirmed(request: ForeignRequest, *, actor: Actor, now: datetime) -> None:
    """Take "confirmed" back when it was said too early. Raises ForeignRequestElsewhere."""
    _step(
        request,
        ForeignState.AWAITING_CERTIFICATE,
        ForeignState.AWAITING_CONFIRMATION,
        actor,
        now,
        due=True,
        event="unconfirmed",
    )
    nudge_foreign(request)


@transaction.atomic
def note_store_opens(request: ForeignRequest, *, actor: Actor, now: datetime) -> None:
    """Complete the request: the person says that the finished key store opens. Raises ForeignRequestElsewhere."""
    _step(request, ForeignState.ISSUED, ForeignState.COMPLETED, actor, now)


@transaction.atomic
def cancel_foreign_request(request: ForeignRequest, *, actor: Actor, now: datetime) -> None:
    """Stop the request on this side.

    Before the certification request nothing was sent; later the government's side ends by not confirming. Raises
    ForeignRequestElsewhere.
    """
    if not request.is_cancellable:
        raise ForeignRequestElsewhere
    _step(request, ForeignState(request.state), ForeignState.CANCELLED, actor, now)


@transaction.atomic
def ask_again_for_foreigner(request: ForeignRequest, *, actor: Actor, now: datetime) -> None:
    """Ask again for a given-up request, by how far it came.

    Raises CannotAskAgain in every other state, ForeignRequestInProgress when a newer one is on its way.
    """
    if request.state != ForeignState.GAVE_UP:
        raise CannotAskAgain
    newer = ForeignRequest.objects.blocking_their_name().filter(
        person_id=request.person_id, environment=request.environment
    )
    if newer.exists():
        raise ForeignRequestInProgress
    if request.submission_started_at is None:
        to = ForeignState.READY
    elif request.expires_at is None:
        to = ForeignState.OUTCOME_UNKNOWN
    else:
        to = ForeignState.AWAITING_CERTIFICATE
    _step(request, ForeignState.GAVE_UP, to, actor, now, due=True)
    nudge_foreign(request)
