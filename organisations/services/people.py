"""People of an organisation."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from organisations import ssin as numbers
from organisations.domain import identifiers
from organisations.errors import IdentifierRefused, PersonExists
from organisations.models import Organisation, Person, User
from organisations.services.audit import Actor, record


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

    Raises IdentifierRefused for a national number that cannot be, PersonExists when it is already here.
    """
    checked = identifiers.check("SSIN", ssin)
    if not checked.acceptable:
        raise IdentifierRefused(
            _("A national number has eleven digits, a possible birth date and two matching check digits."),
            field="ssin",
        )
    try:
        with transaction.atomic():
            person = Person.objects.create(
                organisation=organisation,
                first_names=" ".join(first_names.split()),
                name=" ".join(name.split()),
                ssin_ciphertext=numbers.encrypt(checked.value),
                ssin_index=numbers.index_of(checked.value),
                email=email.strip(),
                phone=phone.strip(),
                language=language,
                user=user,
                created_at=now,
            )
            record(organisation, "person_added", person, actor=actor, now=now, name=str(person))
    except IntegrityError as error:
        raise PersonExists(field="ssin") from error
    return person


@transaction.atomic
def reveal_ssin(person: Person, *, actor: Actor, now: datetime) -> str:
    """Return the national number for showing it, and record that it was looked at."""
    record(person.organisation_id, "ssin_viewed", person, actor=actor, now=now, name=str(person))
    return person.read_ssin()
