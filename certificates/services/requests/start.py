"""An administrator asks for a certificate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agent.wire.pki.names import APPLICATION_ID
from agent.wire.strict_json import is_xml_text
from certificates.domain.lifecycle import Environment, RequestState
from certificates.errors.requests import HolderWithoutMandate, NameActive, RequestInProgress, RequestRefused
from certificates.models import Certificate, CertificateRequest
from certificates.services.requests.first_step import enqueue_after_commit, first_step
from organisations.domain.mandates import belgian_day
from organisations.models import Mandate, Organisation, OrganisationIdentifier, Person, User
from organisations.services.audit import Actor, record

BASE_SERVICES = ("tsa", "consultrn", "codage", "other")
"""Values of BaseServiceUsage seen on the wire (domain notes, 02)."""


LONGEST = {
    "email_private": 254,
    "email_general": 254,
    "phone_private": 40,
    "phone_general": 40,
    "reason": 500,
}
"""Characters that the request keeps of each field."""


@dataclass(frozen=True, kw_only=True)
class ContactWish:
    """What every wish for a certificate says; empty text means "not given"."""

    environment: Environment
    email_private: str
    email_general: str
    phone_private: str
    phone_general: str
    base_service_usages: tuple[str, ...]
    reason: str = ""

    def columns(self) -> dict[str, Any]:
        """Return contact data, services and reason as a request's row keeps them."""
        return {
            "email_private": self.email_private.strip(),
            "email_general": self.email_general.strip(),
            "phone_private": self.phone_private.strip(),
            "phone_general": self.phone_general.strip(),
            "base_service_usages": list(self.base_service_usages),
            "reason": self.reason.strip(),
        }


@dataclass(frozen=True, kw_only=True)
class Wish(ContactWish):
    """What an administrator asks for."""

    identifier_id: UUID
    application_id: str
    holder_id: UUID


def _checked(wish: Wish) -> None:
    if wish.application_id and not APPLICATION_ID.match(wish.application_id):
        raise RequestRefused(
            _("An ApplicationId has 1 to 30 capitals, digits, hyphens or underscores."),
            field="application_id",
        )
    check_contact(wish)


def check_contact(wish: ContactWish) -> None:
    """Check contact data, services and reason. Raises RequestRefused, whose extra names the field."""
    for name in ("email_private", "email_general"):
        value = getattr(wish, name)
        try:
            if value or name == "email_private":
                validate_email(value)
        except ValidationError as error:
            raise RequestRefused(_("This is not an e-mail address."), field=name) from error
    for name, most in LONGEST.items():
        if len(getattr(wish, name)) > most:
            raise RequestRefused(
                _("This is too long: at most %(most)d characters.") % {"most": most}, field=name
            )
        if not is_xml_text(getattr(wish, name)):
            raise RequestRefused(_("This holds a character that no message can carry."), field=name)
    if not wish.phone_private.strip():
        raise RequestRefused(_("Give a telephone number of the person responsible."), field="phone_private")
    if set(wish.base_service_usages) - set(BASE_SERVICES):
        raise RequestRefused(_("Choose from the listed services."), field="base_service_usages")


def wait_for_name(identifier_id: UUID, application_id: str, environment: str) -> bool:
    """Lock the number and return whether a request for this name is on its way; call in a transaction.

    Waits on that one row, so that two clicks do not make two requests for one name.
    """
    OrganisationIdentifier.objects.select_for_update().get(pk=identifier_id)
    same_name = CertificateRequest.objects.blocking_their_name().filter(
        identifier_id=identifier_id, application_id=application_id, environment=environment
    )
    return same_name.exists()


def name_is_taken(request: CertificateRequest) -> bool:
    """Lock as wait_for_name and return whether another request for this one's name is on its way; in a transaction."""
    if request.identifier_id is None:
        return own_request_under_way(request.holder_id, request.environment)
    return wait_for_name(request.identifier_id, request.application_id, request.environment)


def own_request_under_way(person_id: UUID, environment: str) -> bool:
    """Lock the person and return whether an own certificate is being requested; call in a transaction."""
    Person.objects.select_for_update().get(pk=person_id)
    own = CertificateRequest.objects.blocking_their_name().filter(
        personal=True, holder_id=person_id, environment=environment
    )
    return own.exists()


def parties_of(
    organisation: Organisation, wish: Wish, now: datetime
) -> tuple[OrganisationIdentifier, Person]:
    """Check a wish and return its number and holder. Raises RequestRefused, HolderWithoutMandate."""
    _checked(wish)
    identifier = OrganisationIdentifier.objects.filter(
        organisation=organisation, pk=wish.identifier_id
    ).first()
    if identifier is None:
        raise RequestRefused(_("Choose one of your organisation's numbers."), field="identifier_id")
    holder = Person.objects.filter(organisation=organisation, pk=wish.holder_id, left_on=None).first()
    if holder is None:
        raise RequestRefused(_("Choose someone of your organisation."), field="holder_id")
    if not Mandate.objects.filter(person=holder, identifier=identifier).active_on(belgian_day(now)).exists():
        raise HolderWithoutMandate(field="holder_id")
    return identifier, holder


def _refuse_active_name(identifier: OrganisationIdentifier, wish: Wish, now: datetime) -> None:
    """Raise NameActive where a certificate has this name and is not being replaced: which one, renewable from when."""
    active = (
        Certificate.objects.filter(
            organisation=identifier.organisation_id,
            environment=wish.environment,
            identifier_type=identifier.type,
            identifier_value=identifier.value,
            application_id=wish.application_id,
        )
        .genuine()
        .unexpired_at(now)
        # As on the way, so at its end: one that no key store ever held is in nobody's use.
        .exclude(request__state=RequestState.ISSUED)
        .order_by("-not_after")
        .first()
    )
    if active is not None:
        day = date_format(belgian_day(active.renewable_from), pgettext("a day, Django date format", "j F Y"))
        renewable = active.renewable_from <= now
        raise NameActive(
            _("A certificate with this name is active, and can be renewed now: renew it instead.")
            if renewable
            else _(
                "A certificate with this name is active. It can be renewed from %(day)s on; a further one needs "
                "another ApplicationId."
            )
            % {"day": day},
            field="application_id",
            certificate=str(active.pk),
            renewable=renewable,
            renewable_from=active.renewable_from.isoformat(),
        )


def request_certificate(
    organisation: Organisation, wish: Wish, *, requested_by: User, actor: Actor, now: datetime
) -> CertificateRequest:
    """Check a wish, make its request and start it, in one transaction.

    Raises RequestRefused (its extra names the field), HolderWithoutMandate, RequestInProgress, and NameActive when a
    certificate with this name stands: that one is renewed, by `renew_certificate`.
    """
    identifier, holder = parties_of(organisation, wish, now)
    with transaction.atomic():
        if wait_for_name(identifier.pk, wish.application_id, wish.environment):
            raise RequestInProgress(field="application_id")
        _refuse_active_name(identifier, wish, now)
        return start_request(
            wish, identifier, holder, replaces=None, requested_by=requested_by, actor=actor, now=now
        )


def start_request(
    wish: Wish,
    identifier: OrganisationIdentifier,
    holder: Person,
    *,
    replaces: Certificate | None,
    requested_by: User,
    actor: Actor,
    now: datetime,
) -> CertificateRequest:
    """Make the row of a checked wish and nudge a worker; call in the transaction that waited for the name."""
    organisation_id = identifier.organisation_id
    request = CertificateRequest.objects.create(
        organisation_id=organisation_id,
        environment=wish.environment,
        identifier=identifier,
        replaces=replaces,
        application_id=wish.application_id,
        **wish.columns(),
        holder=holder,
        requested_by=requested_by,
        requested_at=now,
        **first_step(CertificateRequest, holder, now=now),
    )
    record(
        organisation_id,
        "request_made",
        request,
        actor=actor,
        now=now,
        environment=str(wish.environment),
        identifier=str(identifier),
        application_id=wish.application_id,
        holder=str(holder),
        state=str(request.state),
        **({} if replaces is None else {"replaces": replaces.fingerprint}),
    )
    if replaces is not None:
        record(organisation_id, "renewal_asked", replaces, actor=actor, now=now, holder=str(holder))
    enqueue_after_commit(request, now=now)
    return request
