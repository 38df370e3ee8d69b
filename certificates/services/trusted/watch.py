"""Which lists are watched: a row for each that an address is configured for. What is not configured rests."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import ListKind
from certificates.models import WatchedList
from certificates.services.trusted.platform import note_session_signers

EVERY, SPREAD = timedelta(hours=22), timedelta(hours=4)


def plan_lists(now: datetime) -> None:
    """Make or renew the row of each list, and note the configured signers of sessions. Outside transactions."""
    for environment in Environment:
        for kind in ListKind:
            _plan(environment, kind)
        note_session_signers(environment, now=now)


def address_of(environment: Environment, kind: ListKind) -> str:
    """Return the address of a list; empty where none is configured."""
    base = settings.TSL_ADDRESSES[environment.value]
    return f"{base}/tsl-ehpbe-{kind}.xml" if base else ""


@transaction.atomic
def _plan(environment: Environment, kind: ListKind) -> None:
    address = address_of(environment, kind)
    row = WatchedList.objects.select_for_update().filter(environment=environment, kind=kind).first()
    if row is None:
        if address:
            WatchedList.objects.create(
                environment=environment, kind=kind, address=address, next_attempt_at=Now()
            )
        return
    rows = WatchedList.objects.filter(pk=row.pk)
    if address != row.address:
        rows.update(address=address, next_attempt_at=Now() if address else None)
    elif address and row.next_attempt_at is None and row.closed_at is None:
        rows.update(next_attempt_at=Now())


def next_look(now: datetime) -> datetime:
    """Return when a list is asked for again: in a day, at a minute of its own."""
    return now + EVERY + timedelta(seconds=random.uniform(0, SPREAD.total_seconds()))  # noqa: S311  # nobody gains by guessing it


def ask_now(list_id: UUID) -> bool:
    """Have a list asked for at once: an announcement says that there is a new one. False where it rests for good."""
    rows = WatchedList.objects.filter(pk=list_id, closed_at=None).exclude(address="")
    return bool(rows.update(next_attempt_at=Now()))
