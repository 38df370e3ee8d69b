"""The organisation's page, the choice of what loads its key stores, and going on in another organisation."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.wire.software import KINDS, kind_of
from organisations import selectors
from organisations.domain.identifiers import is_bis
from organisations.domain.mandates import MandateState, belgian_day
from organisations.domain.roles import Role
from organisations.errors import DomainError
from organisations.models import Mandate, Membership, Organisation, OrganisationIdentifier, Person, User
from organisations.services.audit import Actor
from organisations.services.key_stores import choose_key_store_software
from organisations.web.forms import WithdrawalForm
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.tenancy import TenantRequest, switch_organisation
from organisations.web.words import (
    KEY_STORE_FORMATS,
    KEY_STORE_SOFTWARE,
    MANDATE_STATES,
    ROLES,
    Label,
    identifier_type,
)


@dataclass(frozen=True)
class IdentifierLine:
    """One number with the word for its kind."""

    identifier: OrganisationIdentifier
    kind: str


@dataclass(frozen=True)
class PersonLine:
    """One person; `has_bis` says that the hybrid way to a certificate is open."""

    person: Person
    has_bis: bool


@dataclass(frozen=True)
class MandateLine:
    """One mandate with its state today."""

    mandate: Mandate
    state: Label
    withdrawable: bool


@dataclass(frozen=True)
class MemberLine:
    """One account with all its roles, each with the word for it, and what the mail server refused it with."""

    user: User
    roles: list[tuple[Membership, str]]
    refused: str | None


@dataclass(frozen=True)
class SoftwareLine:
    """One kind of software with its words; `chosen` is the organisation's."""

    code: str
    name: str
    format: str
    chosen: bool


def _members(organisation: Organisation) -> list[MemberLine]:
    held: dict[User, list[tuple[Membership, str]]] = {}
    for membership in selectors.members_of(organisation):
        held.setdefault(membership.user, []).append((membership, str(ROLES[Role(membership.role)])))
    refused = selectors.refused_mail(organisation)
    return [MemberLine(user, roles, refused.get(user.pk)) for user, roles in held.items()]


def _mandates(organisation: Organisation, today: date) -> list[MandateLine]:
    return [
        MandateLine(
            mandate,
            MANDATE_STATES[mandate.state(today)],
            mandate.withdrawn_on is None
            and mandate.state(today) in {MandateState.ACTIVE, MandateState.FUTURE},
        )
        for mandate in selectors.mandates_of(organisation)
    ]


def _software(organisation: Organisation) -> list[SoftwareLine]:
    """Return every kind of software, with the format that it gets."""
    return [
        SoftwareLine(
            kind.code,
            str(KEY_STORE_SOFTWARE[kind.code]),
            str(KEY_STORE_FORMATS[kind.store_format]),
            kind.code == organisation.key_store_software,
        )
        for kind in KINDS
    ]


@page(MANAGE)
def organisation(request: TenantRequest) -> HttpResponse:
    """Numbers, people, mandates and members on one page."""
    here = request.tenancy.organisation
    today = belgian_day(timezone.now())
    return render(
        request,
        "organisations/organisation.html",
        {
            "identifiers": [
                IdentifierLine(one, identifier_type(one.type)) for one in selectors.identifiers_of(here)
            ],
            "people": [PersonLine(one, is_bis(one.read_ssin())) for one in selectors.people_of(here)],
            "left": list(selectors.people_who_left(here)),
            "devices": list(selectors.devices_of(here)),
            "mandates": _mandates(here, today),
            "members": _members(here),
            "software": _software(here),
            "withdrawal": WithdrawalForm(initial={"withdrawn_on": today}),
        },
    )


@page(MANAGE, methods=("POST",))
def key_store_software(request: TenantRequest) -> HttpResponse:
    """Keep what was chosen in the list."""
    code = request.POST.get("software", "")
    try:
        choose_key_store_software(
            request.tenancy.organisation, code, actor=Actor.of(request.tenancy), now=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(
            request,
            _("New key stores are written for: %(software)s. %(format)s")
            % {
                "software": KEY_STORE_SOFTWARE[code],
                "format": KEY_STORE_FORMATS[kind_of(code).store_format],
            },
        )
    return redirect("organisation")


@page(methods=("POST",))
def organisation_switch(request: TenantRequest) -> HttpResponse:
    """Go on in another organisation of the signed-in member."""
    wanted = request.POST.get("organisation", "")
    for other in request.tenancy.others:
        if str(other.pk) == wanted:
            switch_organisation(request, other.pk)
    return HttpResponseRedirect("/")
