"""Somebody asks for a certificate for a foreign care provider: the declaration is drawn up, the key is awaited."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from agent.wire.errors import NameMalformed
from agent.wire.pki.names import ehealth_dn
from agent.wire.strict_json import is_xml_text
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import Environment
from certificates.domain.papers import PaperKind
from certificates.errors.foreigners import ForeignRequestInProgress, ForeignRequestRefused
from certificates.models import ForeignRequest
from certificates.services.papers.draft import PaperWish, draft_paper
from organisations.domain.mandates import belgian_day
from organisations.models import Organisation, Person, User
from organisations.sealing import seal
from organisations.services.audit import Actor, record

LONGEST = {"email_private": 200, "email_general": 254, "phone_private": 40, "phone_general": 40}
"""Characters that the request keeps of each field; the first and third stand on the declaration too."""


@dataclass(frozen=True)
class ForeignAsk:
    """What an administrator fills in; empty text means "not given"."""

    person_id: UUID
    identifier_id: UUID
    environment: Environment
    language: str
    profession: str
    address: str
    email_private: str
    phone_private: str
    email_general: str = ""
    phone_general: str = ""
    starts_on: date | None = None


def bis_people(people: "list[Person]") -> list[Person]:
    """Return those of `people` who have a BIS number.

    Of whom the number cannot be read nobody knows: they are among them, and whoever chooses one is told.
    """
    return [person for person in people if person.has_bis is not False]


def start_foreign_request(
    organisation: Organisation, ask: ForeignAsk, *, requested_by: User, actor: Actor, now: datetime
) -> ForeignRequest:
    """Make the request and its declaration, in one transaction.

    Raises ForeignRequestRefused or PaperRefused (whose `field` is at fault), ForeignRequestInProgress.
    """
    _check_contact(ask)
    with transaction.atomic():
        # Two clicks wait for one another here, so that they do not make two requests for one name.
        person = (
            Person.objects.select_for_update()
            .filter(organisation=organisation, pk=ask.person_id, left_on=None)
            .first()
        )
        if person is None:
            raise ForeignRequestRefused(_("Choose someone of your organisation."), field="person_id")
        same = ForeignRequest.objects.blocking_their_name().filter(person=person, environment=ask.environment)
        if same.exists():
            raise ForeignRequestInProgress(field="person_id")
        declaration = draft_paper(
            organisation,
            PaperWish(
                kind=PaperKind.FOREIGN_DECLARATION,
                language=ask.language,
                identifier_id=ask.identifier_id,
                person_id=person.pk,
                environment=ask.environment,
                starts_on=ask.starts_on or belgian_day(now),
                values={
                    "profession": ask.profession,
                    "address": ask.address,
                    "email": ask.email_private,
                    "phone": ask.phone_private,
                },
            ),
            drafted_by=requested_by,
            actor=actor,
            now=now,
        )
        request = ForeignRequest.objects.create(
            organisation=organisation,
            person=person,
            environment=ask.environment,
            email_private=ask.email_private.strip(),
            email_general=ask.email_general.strip(),
            phone_private=ask.phone_private.strip(),
            phone_general=ask.phone_general.strip(),
            declaration=declaration,
            sealed_dn=seal(name_of(person).encode()),
            requested_by=requested_by,
            requested_at=now,
            state=ForeignState.AWAITING_CSR,
            state_since=now,
        )
        record(
            organisation,
            "foreign_made",
            request,
            actor=actor,
            now=now,
            person=str(person),
            environment=ask.environment.value,
        )
    return request


def name_of(person: Person) -> str:
    """Return the name that a certificate for `person` will bear. Raises ForeignRequestRefused.

    The surname stands first, as the platform's own software writes it for who has no identity card.
    """
    try:
        return ehealth_dn("SSIN", person.read_ssin(), f"{person.name} {person.first_names}", None)
    except NameMalformed as error:
        raise ForeignRequestRefused(
            _("The name of this person cannot stand in a certificate."), field="person_id"
        ) from error


def _check_contact(ask: ForeignAsk) -> None:
    for name, most in LONGEST.items():
        value = getattr(ask, name).strip()
        if len(value) > most:
            raise ForeignRequestRefused(
                _("This is too long: at most %(most)d characters.") % {"most": most}, field=name
            )
        if not is_xml_text(value):
            raise ForeignRequestRefused(_("This holds a character that no message can carry."), field=name)
        if name.endswith("_private") and not value:
            raise ForeignRequestRefused(_("The government must be able to reach the person."), field=name)
        if name.startswith("email") and value:
            try:
                validate_email(value)
            except ValidationError as error:
                raise ForeignRequestRefused(_("This is not an e-mail address."), field=name) from error
