"""The organisation page and what an administrator adds to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations import selectors
from organisations.domain.identifiers import is_bis
from organisations.domain.mandates import MandateState, belgian_day
from organisations.domain.roles import Permission, Role
from organisations.errors import DomainError
from organisations.models import Mandate, Membership, Organisation, OrganisationIdentifier, Person, User
from organisations.services.audit import Actor
from organisations.services.identifiers import add_identifier
from organisations.services.mandates import give_mandate, withdraw_mandate
from organisations.services.members import invite_member
from organisations.services.people import add_person, reveal_ssin
from organisations.web.forms import IdentifierForm, MandateForm, MemberForm, PersonForm, WithdrawalForm
from organisations.web.pages import page, sentence_of, show_refusal
from organisations.web.tenancy import TenantRequest, switch_organisation
from organisations.web.words import MANDATE_STATES, ROLES, Label, identifier_type

MANAGE = Permission.MANAGE_ORGANISATION


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
            "withdrawal": WithdrawalForm(initial={"withdrawn_on": today}),
        },
    )


def _entry(
    request: TenantRequest,
    form: forms.Form,
    heading: str,
    explanation: str,
    act: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Show `form`; when it was sent and holds, `act` on it and go back with the sentence that it returns."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect("organisation")
    context = {"form": form, "heading": heading, "explanation": explanation}
    return render(request, "organisations/entry.html", context, status=422 if form.errors else 200)


@page(MANAGE, methods=("GET", "POST"))
def person_new(request: TenantRequest) -> HttpResponse:
    """Add someone."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        person = add_person(here, **given, actor=Actor.of(request.tenancy), now=timezone.now())
        return _("%(name)s was added.") % {"name": person}

    return _entry(
        request,
        PersonForm(here, request.POST or None),
        _("Add a person"),
        _("Someone who will hold certificates for your organisation. A mandate follows in a second step."),
        act,
    )


@page(MANAGE, methods=("GET", "POST"))
def identifier_new(request: TenantRequest) -> HttpResponse:
    """Add a number; rules that are only inferred warn and do not stop."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        identifier, warnings = add_identifier(
            here, **given, actor=Actor.of(request.tenancy), now=timezone.now()
        )
        if warnings:
            messages.warning(
                request,
                _(
                    "The last two digits are not what we expected. Compare %(number)s with the official document."
                )
                % {"number": identifier.value},
            )
        return _("%(number)s was added.") % {"number": identifier.value}

    return _entry(
        request,
        IdentifierForm(request.POST or None),
        _("Add a number"),
        _(
            "Certificates are issued to a number: the enterprise number, or the one of a recognised institution."
        ),
        act,
    )


@page(MANAGE, methods=("GET", "POST"))
def mandate_new(request: TenantRequest) -> HttpResponse:
    """Register a mandate; an address may name the person and the number that it is for."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        mandate = give_mandate(here, **given, actor=Actor.of(request.tenancy), now=timezone.now())
        return _("The mandate of %(name)s was registered.") % {"name": mandate.person}

    return _entry(
        request,
        MandateForm(
            here,
            request.POST or None,
            initial={
                "starts_on": belgian_day(timezone.now()),
                "person": request.GET.get("person", ""),
                "identifier": request.GET.get("identifier", ""),
            },
        ),
        _("Register a mandate"),
        _("A legal representative has signed that this person holds certificates for the organisation."),
        act,
    )


@page(MANAGE, methods=("GET", "POST"))
def member_new(request: TenantRequest) -> HttpResponse:
    """Give someone a role, with a new account where there is none."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        given["role"] = Role(given["role"])
        user, created = invite_member(here, **given, actor=Actor.of(request.tenancy), now=timezone.now())
        if created:
            return _("%(name)s has an account now and chooses a password through the sign-in page.") % {
                "name": user
            }
        return _("%(name)s has this role now.") % {"name": user}

    return _entry(
        request,
        MemberForm(request.POST or None, initial={"language": here.language}),
        _("Give someone a role"),
        _("Who has an account already keeps it; others get one and choose a password themselves."),
        act,
    )


@page(MANAGE, methods=("POST",))
def mandate_withdraw(request: TenantRequest, mandate_id: UUID) -> HttpResponse:
    """End a mandate from the given day on."""
    mandate = get_object_or_404(selectors.mandates_of(request.tenancy.organisation), pk=mandate_id)
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the day from which the mandate no longer counts."))
        return redirect("organisation")
    try:
        withdraw_mandate(
            mandate,
            withdrawn_on=form.cleaned_data["withdrawn_on"],
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The mandate of %(name)s was withdrawn.") % {"name": mandate.person})
    return redirect("organisation")


@page(Permission.SEE_SSIN, methods=("POST",))
def person_ssin(request: TenantRequest, person_id: UUID) -> HttpResponse:
    """Show a national number once; that it was shown is in the record."""
    person = get_object_or_404(Person, organisation=request.tenancy.organisation, pk=person_id)
    number = reveal_ssin(person, actor=Actor.of(request.tenancy), now=timezone.now())
    spaced = f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
    return render(request, "organisations/person_ssin.html", {"person": person, "ssin": spaced})


@page(methods=("POST",))
def organisation_switch(request: TenantRequest) -> HttpResponse:
    """Go on in another organisation of the signed-in member."""
    wanted = request.POST.get("organisation", "")
    for other in request.tenancy.others:
        if str(other.pk) == wanted:
            switch_organisation(request, other.pk)
    return HttpResponseRedirect("/")
