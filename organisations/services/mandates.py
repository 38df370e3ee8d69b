"""Mandates: who holds certificates for which identifier, from when to when."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from organisations.domain.claims import Use
from organisations.errors import MandateRefused, NumberNotProven
from organisations.models import Mandate, Organisation, OrganisationIdentifier, Person
from organisations.services.audit import Actor, record


@transaction.atomic
def give_mandate(
    organisation: Organisation,
    *,
    person: Person,
    identifier: OrganisationIdentifier,
    starts_on: date,
    ends_on: date | None = None,
    reference: str = "",
    actor: Actor,
    now: datetime,
) -> Mandate:
    """Register a mandate.

    Raises MandateRefused when it would end before it starts or crosses organisations, NumberNotProven.
    """
    if ends_on is not None and ends_on < starts_on:
        raise MandateRefused(field="ends_on")
    if {person.organisation_id, identifier.organisation_id} != {organisation.pk}:
        raise MandateRefused(field="person")
    if not identifier.may(Use.MANDATE):
        raise NumberNotProven(field="identifier")
    mandate = Mandate.objects.create(
        organisation=organisation,
        person=person,
        identifier=identifier,
        starts_on=starts_on,
        ends_on=ends_on,
        reference=reference.strip(),
        created_at=now,
    )
    record(
        organisation,
        "mandate_given",
        mandate,
        actor=actor,
        now=now,
        person=str(person),
        identifier=str(identifier),
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat() if ends_on else None,
    )
    return mandate


@transaction.atomic
def withdraw_mandate(
    mandate: Mandate, *, withdrawn_on: date, actor: Actor, now: datetime, sooner: bool = False
) -> bool:
    """End a mandate from `withdrawn_on` on; False for one that was withdrawn before, which stays as it was.

    With `sooner` a withdrawal that was planned for a later day comes on this one.
    """
    before = Q(withdrawn_on=None) | Q(withdrawn_on__gt=withdrawn_on) if sooner else Q(withdrawn_on=None)
    # The row decides, not what was read of it: of two at once the first one's day stands.
    if not Mandate.objects.filter(before, pk=mandate.pk).update(withdrawn_on=withdrawn_on):
        return False
    mandate.withdrawn_on = withdrawn_on
    record(
        mandate.organisation_id,
        "mandate_withdrawn",
        mandate,
        actor=actor,
        now=now,
        person=str(mandate.person),
        withdrawn_on=withdrawn_on.isoformat(),
    )
    return True
