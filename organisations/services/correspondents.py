"""Addresses outside that an organisation wants told: added by an administrator, agreed to by whoever reads there."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse

from organisations.domain.work import Lane
from organisations.errors import AlreadyTold, TooManyAsked
from organisations.models import Correspondent, Organisation, Recipient, User
from organisations.services.audit import Actor, record
from organisations.services.letters.links import sealed
from organisations.services.work.wakes import wake_on_commit

AGREE, STOP = "agree", "stop"
MOST_A_DAY = 20
"""Letters to addresses that did not ask for them: no organisation can have more of them sent."""


@transaction.atomic
def add_correspondent(
    organisation: Organisation, *, name: str, email: str, language: str, user: User, now: datetime
) -> Correspondent:
    """Keep an address and have it asked by letter whether it wants to be told. Raises AlreadyTold, TooManyAsked."""
    address = email.strip().lower()
    asked = Correspondent.objects.filter(organisation=organisation, added_at__gt=now - timedelta(days=1))
    if asked.count() >= MOST_A_DAY:
        raise TooManyAsked(field="email")
    try:
        with transaction.atomic():
            made = Correspondent.objects.create(
                organisation=organisation,
                name=" ".join(name.split()),
                email=address,
                language=language,
                added_by=user,
                added_at=now,
                next_attempt_at=now,
            )
    except IntegrityError as error:
        raise AlreadyTold(field="email") from error
    _record(made, "correspondent_added", Actor.user(user), now)
    wake_on_commit(Lane.NOTICES)
    return made


@transaction.atomic
def agree(correspondent: Correspondent, *, now: datetime) -> bool:
    """Note that whoever reads there agreed; return False where that was known, or the address was taken away."""
    rows = Correspondent.objects.filter(pk=correspondent.pk, agreed_at=None, ended_at=None)
    if not rows.update(agreed_at=now, next_attempt_at=None):
        return False
    _record(correspondent, "correspondent_agreed", _itself(correspondent), now)
    return True


@transaction.atomic
def end_correspondent(correspondent: Correspondent, *, actor: Actor | None, now: datetime) -> bool:
    """Send nothing there any more; without `actor`, as whoever reads there wishes. Returns False when it had ended."""
    rows = Correspondent.objects.filter(pk=correspondent.pk, ended_at=None)
    if not rows.update(ended_at=now, next_attempt_at=None):
        return False
    Recipient.objects.filter(correspondent=correspondent).update(next_attempt_at=None)
    _record(correspondent, "correspondent_ended", actor or _itself(correspondent), now)
    return True


def path_to(purpose: str, correspondent: Correspondent) -> str:
    """Return the path at which whoever reads there agrees (AGREE) or ends it (STOP), without signing in."""
    token = sealed(purpose, correspondent.organisation_id, correspondent.pk)
    return reverse(f"correspondent-{purpose}", args=[token])


def _itself(correspondent: Correspondent) -> Actor:
    return Actor("correspondent", None, correspondent.name)


def _record(correspondent: Correspondent, action: str, actor: Actor, now: datetime) -> None:
    facts = {"name": correspondent.name, "email": correspondent.email}
    record(correspondent.organisation_id, action, correspondent, actor=actor, now=now, **facts)
