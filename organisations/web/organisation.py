"""The organisation's page, and going on in another organisation."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from agent.wire.software import KINDS
from organisations import selectors
from organisations.domain.claims import CAN_REMOVE, MAY, NumberState, Use, Voucher
from organisations.domain.mandates import MandateState, belgian_day
from organisations.domain.roles import Role
from organisations.models import (
    Invitation,
    Mandate,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
    ReturnedMail,
    User,
)
from organisations.models.bounce import since
from organisations.services.members import remember_organisation
from organisations.web.forms import WithdrawalForm
from organisations.web.pages import MANAGE, page
from organisations.web.tenancy import TenantRequest, switch_organisation
from organisations.web.words import (
    KEY_STORE_FORMATS,
    KEY_STORE_SOFTWARE,
    MANDATE_STATES,
    NUMBER_STATES,
    ROLES,
    USES,
    VOUCHERS,
    Label,
    identifier_type,
)


@dataclass(frozen=True)
class IdentifierLine:
    """One number with the word for its kind, how it stands, and who vouched for it."""

    identifier: OrganisationIdentifier
    kind: str
    state: Label
    voucher: str
    removable: bool
    """It is only claimed: whether something stands on it is found out when it is removed."""


@dataclass(frozen=True)
class PersonLine:
    """One person; `has_bis` says that the hybrid way to a certificate is open, None that the number is unreadable."""

    person: Person
    has_bis: bool | None


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
    returned: ReturnedMail | None
    """What came back from its address after the mail server had taken it."""


def _number(one: OrganisationIdentifier) -> IdentifierLine:
    voucher = str(VOUCHERS[Voucher(one.proven_by)]) if one.proven_by else ""
    state = NumberState(one.state)
    return IdentifierLine(one, identifier_type(one.type), NUMBER_STATES[state], voucher, state in CAN_REMOVE)


@dataclass(frozen=True)
class StateLine:
    """One state of a number, and all that a number may do in it."""

    state: Label
    uses: list[str]
    for_good: bool
    """The operator has looked at it already."""


STATES = (NumberState.PROVEN, NumberState.CLAIMED, NumberState.WAITING, NumberState.DECLINED)
"""From what may most to what may nothing for good."""


def _what_numbers_may() -> list[StateLine]:
    return [
        StateLine(
            NUMBER_STATES[state],
            [str(USES[use]) for use in Use if use in MAY[state]],
            state is NumberState.DECLINED,
        )
        for state in STATES
    ]


@dataclass(frozen=True)
class InvitationLine:
    """One invitation that waits for an answer, and what became of its letter."""

    invitation: Invitation
    role: str
    lapsed: bool
    returned: ReturnedMail | None
    """What came back from its address after the letter was sent."""


def _invitations(organisation: Organisation, now: datetime) -> list[InvitationLine]:
    found = list(selectors.invitations_of(organisation))
    back = selectors.came_back(one.email for one in found)
    return [
        InvitationLine(
            one,
            str(ROLES[Role(one.role)]),
            not one.is_open(now),
            since(back.get(one.email.lower()), one.sent_at),
        )
        for one in found
    ]


def _members(organisation: Organisation) -> list[MemberLine]:
    held: dict[User, list[tuple[Membership, str]]] = {}
    for membership in selectors.members_of(organisation):
        held.setdefault(membership.user, []).append((membership, str(ROLES[Role(membership.role)])))
    refused = selectors.refused_mail(organisation)
    returned = selectors.returned_mail(organisation, held)
    return [
        MemberLine(user, roles, refused.get(user.pk), returned.get(user.pk)) for user, roles in held.items()
    ]


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


@dataclass(frozen=True)
class SoftwareLine:
    """One kind of software with its words; `chosen` is the organisation's."""

    code: str
    name: str
    format: str
    chosen: bool


def software_lines(organisation: Organisation, chosen: str = "") -> list[SoftwareLine]:
    """Return every kind of software, with the format that it gets; `chosen` is what stands in the form, if not kept."""
    chosen = chosen or organisation.key_store_software
    return [
        SoftwareLine(
            kind.code,
            str(KEY_STORE_SOFTWARE[kind.code]),
            str(KEY_STORE_FORMATS[kind.store_format]),
            kind.code == chosen,
        )
        for kind in KINDS
    ]


@page(MANAGE)
def organisation(request: TenantRequest) -> HttpResponse:
    """Numbers, people, mandates and members on one page."""
    return organisation_shown(request)


def organisation_shown(request: TenantRequest, *, software: str = "", status: int = 200) -> HttpResponse:
    """Return the page; `software` is a choice that was typed and not kept."""
    here = request.tenancy.organisation
    now = timezone.now()
    today = belgian_day(now)
    return render(
        request,
        "organisations/organisation.html",
        {
            "identifiers": [_number(one) for one in selectors.identifiers_of(here)],
            "what_numbers_may": _what_numbers_may(),
            "people": [PersonLine(one, one.has_bis) for one in selectors.people_of(here)],
            "left": list(selectors.people_who_left(here)),
            "devices": list(selectors.devices_of(here)),
            "mandates": _mandates(here, today),
            "members": _members(here),
            "invitations": _invitations(here, now),
            "software": software_lines(here, software),
            "withdrawal": WithdrawalForm(initial={"withdrawn_on": today}),
        },
        status=status,
    )


@page(methods=("POST",))
def organisation_switch(request: TenantRequest) -> HttpResponse:
    """Go on in another organisation of the signed-in member, which the next session opens in too."""
    wanted, target = request.POST.get("organisation", ""), request.POST.get("next", "/")
    for one in (request.tenancy.organisation, *request.tenancy.others):
        if str(one.pk) == wanted:
            switch_organisation(request, one.pk)
            remember_organisation(request.tenancy.user, one)
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(target, hosts, require_https=request.is_secure()):
        target = "/"
    return HttpResponseRedirect(target)
