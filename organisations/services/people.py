"""People of an organisation."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from organisations import ssin as numbers
from organisations.domain import identifiers
from organisations.domain.mandates import belgian_day
from organisations.errors import AccountTaken, IdentifierRefused, LeavingRefused, PersonExists
from organisations.models import Mandate, Membership, Organisation, Person, User
from organisations.services.audit import Actor, record
from organisations.services.devices.links import end_links_of
from organisations.services.mandates import withdraw_mandate
from organisations.services.members import take_role


def add_person(
    organisation: Organisation,
    *,
    first_names: str,
    name: str,
    ssin: str,
    email: str = "",
    phone: str = "",
    language: str = "nl",
    user: User | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Add someone to the organisation.

    The account is linked once and for all: it sees what is private to the person. Raises IdentifierRefused for a
    national number that cannot be, PersonExists when it is already here, AccountTaken.
    """
    checked = identifiers.check("SSIN", ssin)
    if not checked.acceptable:
        raise IdentifierRefused(
            _("A national number has eleven digits, a possible birth date and two matching check digits."),
            field="ssin",
        )
    if user is not None and Person.objects.filter(organisation=organisation, user=user).exists():
        raise AccountTaken(field="user")
    try:
        with transaction.atomic():
            person = Person.objects.create(
                organisation=organisation,
                first_names=" ".join(first_names.split()),
                name=" ".join(name.split()),
                ssin_ciphertext=numbers.encrypt(checked.value),
                ssin_index=numbers.index_to_write(checked.value),
                email=email.strip(),
                phone=phone.strip(),
                language=language,
                user=user,
                created_at=now,
            )
            record(
                organisation,
                "person_added",
                person,
                actor=actor,
                now=now,
                name=str(person),
                member=user.full_name if user else None,
            )
    except IntegrityError as error:
        raise PersonExists(field="ssin") from error
    return person


@transaction.atomic
def reveal_ssin(person: Person, *, actor: Actor, now: datetime) -> str:
    """Return the national number for showing it, and record that it was looked at.

    Raises Unreadable, and records nothing.
    """
    record(person.organisation_id, "ssin_viewed", person, actor=actor, now=now, name=str(person))
    return person.read_ssin()


@transaction.atomic
def mark_left(person: Person, *, left_on: date, actor: Actor, now: datetime) -> None:
    """Note that somebody is gone from `left_on` (today or earlier) on; whoever was marked before stays as it was.

    Mandates end that day, roles in this organisation are taken away, and workstations enrolled with the card no
    longer work for the organisation. Other organisations are not touched. Raises LeavingRefused, LastAdministrator.
    """
    if left_on > belgian_day(now):
        raise LeavingRefused(field="left_on")
    if not Person.objects.filter(pk=person.pk, left_on=None).update(left_on=left_on):
        return
    person.left_on = left_on
    record(
        person.organisation_id,
        "person_left",
        person,
        actor=actor,
        now=now,
        name=str(person),
        left_on=left_on.isoformat(),
    )
    for mandate in (
        Mandate.objects.still_counting_after(left_on)
        .filter(person=person)
        .select_related("person")
        .order_by("pk")
    ):
        withdraw_mandate(mandate, withdrawn_on=left_on, actor=actor, now=now, sooner=True)
    end_links_of(person, actor=actor, now=now)
    held = Membership.objects.filter(organisation=person.organisation_id, user=person.user_id)
    for membership in held.select_related("user").order_by("pk") if person.user_id else ():
        take_role(membership, actor=actor, now=now)


@transaction.atomic
def mark_returned(person: Person, *, actor: Actor, now: datetime) -> None:
    """Note that somebody who had left is back. Mandates and roles are given anew."""
    if Person.objects.filter(pk=person.pk).exclude(left_on=None).update(left_on=None):
        record(person.organisation_id, "person_returned", person, actor=actor, now=now, name=str(person))
