"""Drawing up a paper: the facts are checked, set as PDF and kept as they were."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import Environment
from certificates.domain.papers import (
    ACCEPTANCE_KINDS,
    SUBJECT,
    WITH_PERSON,
    Field,
    PaperKind,
    typed_fields,
)
from certificates.errors.papers import PaperRefused
from certificates.models import Paper
from certificates.papers.sheet import unprintable
from certificates.papers.words import LANGUAGES
from certificates.papers.writer import PaperFacts, write_paper
from organisations.domain import identifiers
from organisations.models import Organisation, OrganisationIdentifier, Person, User
from organisations.sealing import seal
from organisations.services.audit import Actor, record


@dataclass(frozen=True)
class PaperWish:
    """What somebody fills in; `values` are the typed fields of the kind."""

    kind: PaperKind
    language: str
    identifier_id: UUID
    values: Mapping[str, str]
    starts_on: date
    ends_on: date | None = None
    person_id: UUID | None = None
    environment: Environment = Environment.PRODUCTION


def draft_paper(
    organisation: Organisation, wish: PaperWish, *, drafted_by: User, actor: Actor, now: datetime
) -> Paper:
    """Check the facts, set the paper as PDF and keep it. Raises PaperRefused, whose `field` is at fault."""
    if wish.language not in LANGUAGES:
        raise PaperRefused(_("Choose one of the languages."), field="language")
    environment = Environment.ACCEPTANCE if wish.kind in ACCEPTANCE_KINDS else wish.environment
    _check_period(wish)
    identifier = OrganisationIdentifier.objects.filter(
        organisation=organisation, pk=wish.identifier_id
    ).first()
    if identifier is None:
        raise PaperRefused(_("Choose one of your organisation's numbers."), field="identifier_id")
    person = _person(organisation, wish) if wish.kind in WITH_PERSON else None
    values = {
        field.name: _checked(field, wish.values.get(field.name, "")) for field in typed_fields(wish.kind)
    }
    values |= {
        "organisation": identifier.name,
        "organisation_number": f"{identifier.type} {identifier.value}",
    }
    if person is not None:
        number = "bis_number" if wish.kind is PaperKind.FOREIGN_DECLARATION else "national_number"
        values |= {
            "first_names": person.first_names,
            "name": person.name,
            number: written_ssin(person.read_ssin()),
        }
    # An accent apart from its letter (as some systems write names) would be printed beside it.
    values = {name: unicodedata.normalize("NFC", value) for name, value in values.items()}
    _check_printable(values)
    key = uuid4()
    paper = Paper(
        id=key,
        organisation=organisation,
        kind=wish.kind,
        language=wish.language,
        environment=environment,
        subject=identifiers.mask_ssins(" ".join(values[name] for name in SUBJECT[wish.kind]))[:250],
        person=person,
        sealed_values=seal(json.dumps(values, ensure_ascii=False).encode()),
        starts_on=wish.starts_on,
        ends_on=wish.ends_on,
        drafted_by=drafted_by,
        drafted_at=now,
    )
    document = write_paper(
        PaperFacts(
            kind=wish.kind,
            language=wish.language,
            reference=paper.reference,
            environment=environment.value,
            values=values,
            starts_on=wish.starts_on,
            ends_on=wish.ends_on,
        ),
        now=now,
    )
    paper.sealed_document = seal(document)
    paper.document_digest = hashlib.sha256(document).hexdigest()
    with transaction.atomic():
        paper.save(force_insert=True)
        record(
            organisation,
            "paper_drafted",
            paper,
            actor=actor,
            now=now,
            paper=wish.kind.value,
            name=paper.subject,
            environment=environment.value,
            starts_on=wish.starts_on.isoformat(),
            ends_on=wish.ends_on.isoformat() if wish.ends_on else None,
            document=paper.document_digest,
        )
    return paper


def written_ssin(ssin: str) -> str:
    """Return a national or BIS number as it is written by hand: 85.27.30-033.71."""
    return f"{ssin[:2]}.{ssin[2:4]}.{ssin[4:6]}-{ssin[6:9]}.{ssin[9:]}"


def _check_period(wish: PaperWish) -> None:
    if wish.ends_on is None and wish.kind in ACCEPTANCE_KINDS:
        raise PaperRefused(_("Papers for acceptance hold for a period: give its last day."), field="ends_on")
    if wish.ends_on is not None and wish.ends_on < wish.starts_on:
        raise PaperRefused(_("The last day comes before the first."), field="ends_on")


def _person(organisation: Organisation, wish: PaperWish) -> Person:
    people = Person.objects.filter(organisation=organisation, left_on=None)
    person = people.filter(pk=wish.person_id).first() if wish.person_id else None
    if person is None:
        raise PaperRefused(_("Choose someone of your organisation."), field="person_id")
    if wish.kind is PaperKind.FOREIGN_DECLARATION and not identifiers.is_bis(person.read_ssin()):
        raise PaperRefused(
            _(
                "This person has a national number and so a Belgian identity card: that is the usual way. "
                "The declaration is for people with a BIS number."
            ),
            field="person_id",
        )
    return person


def _checked(field: Field, value: str) -> str:
    """Return what was typed, trimmed. Raises PaperRefused at the field."""
    lines = [" ".join(line.split()) for line in value.splitlines()]
    lines = [line for line in lines if line]
    if field.kind == "lines" and len(lines) > field.lines:
        raise PaperRefused(_("At most %(most)d lines.") % {"most": field.lines}, field=field.name)
    text = ("\n" if field.kind == "lines" else " ").join(lines)
    if not text:
        if field.required:
            raise PaperRefused(_("This is needed on the paper."), field=field.name)
        return ""
    if len(text) > field.most:
        raise PaperRefused(
            _("This is too long: at most %(most)d characters.") % {"most": field.most}, field=field.name
        )
    if field.kind == "email":
        try:
            validate_email(text)
        except ValidationError as error:
            raise PaperRefused(_("This is not an e-mail address."), field=field.name) from error
    if field.kind == "cbe":
        checked = identifiers.check("CBE", text)
        if not checked.acceptable:
            raise PaperRefused(_("This is not an enterprise number."), field=field.name)
        text = checked.value
    return text


def _check_printable(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        missing = unprintable(value)
        if missing:
            raise PaperRefused(
                _(
                    "The paper cannot be printed with these characters: %(characters)s. Write them in Latin letters."
                )
                % {"characters": " ".join(c for c in missing[:10] if c.isprintable()) or "–"},
                field=name,
            )
