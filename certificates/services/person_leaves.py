"""Somebody leaves: what becomes of mandates, roles, and the requests that wait for their card."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from certificates.errors import CannotCancel
from certificates.models import CertificateRequest
from certificates.selectors import requests_held_by
from certificates.services.cancel_request import cancel_request
from organisations.models import Person
from organisations.services.audit import Actor
from organisations.services.people import mark_left


@dataclass(frozen=True)
class Left:
    """What was done: requests that were withdrawn, and those that were signed before and go on."""

    cancelled: int
    going_on: int


@transaction.atomic
def person_leaves(person: Person, *, left_on: date, actor: Actor, now: datetime) -> Left:
    """Mark `person` as having left and withdraw the requests that nobody else can sign.

    A request that was signed goes on: the signature was given by someone who held the mandate then. Raises
    LeavingRefused, LastAdministrator; then nothing is done.
    """
    mark_left(person, left_on=left_on, actor=actor, now=now)
    cancelled = going_on = 0
    for request in requests_held_by(person):
        try:
            cancel_request(request, actor=actor, now=now)
        except CannotCancel:
            going_on += 1
        else:
            cancelled += 1
    return Left(cancelled, going_on)


def requests_of(person: Person) -> tuple[list[CertificateRequest], list[CertificateRequest]]:
    """Return the requests that would be withdrawn, and those that would go on."""
    held = list(requests_held_by(person))
    return [one for one in held if one.is_cancellable], [one for one in held if not one.is_cancellable]
