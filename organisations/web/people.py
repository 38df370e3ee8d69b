"""Adding people, looking at a national number, and taking back that somebody left."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations.domain.roles import Permission
from organisations.errors import ChangedMeanwhile, Unreadable
from organisations.models import Person
from organisations.services.audit import Actor
from organisations.services.people import add_person, mark_returned, reveal_ssin
from organisations.web.entries import entry_page
from organisations.web.forms import PersonForm
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest


@page(MANAGE, methods=("GET", "POST"))
def person_new(request: TenantRequest) -> HttpResponse:
    """Add someone."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        person = add_person(here, **given, actor=Actor.of(request.tenancy), now=timezone.now())
        return _("%(name)s was added.") % {"name": person}

    return entry_page(
        request,
        PersonForm(here, request.POST or None),
        _("Add a person"),
        _("Someone who will hold certificates for your organisation. A mandate follows in a second step."),
        act,
    )


@page(Permission.SEE_SSIN, methods=("POST",))
def person_ssin(request: TenantRequest, person_id: UUID) -> HttpResponse:
    """Show a national number once; that it was shown is in the record."""
    person = get_object_or_404(Person, organisation=request.tenancy.organisation, pk=person_id)
    try:
        number = reveal_ssin(person, actor=Actor.of(request.tenancy), now=timezone.now())
    except Unreadable as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("organisation")
    spaced = f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
    return render(request, "organisations/person_ssin.html", {"person": person, "ssin": spaced})


@page(MANAGE, methods=("POST",))
def person_return(request: TenantRequest, person_id: UUID) -> HttpResponse:
    """Take somebody who had left back into the list."""
    people = Person.objects.filter(organisation=request.tenancy.organisation)
    try:
        person = hold(request, people, person_id, still=lambda one: one.left_on is not None)
    except ChangedMeanwhile as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("organisation")
    mark_returned(person, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(
        request, _("%(name)s is back in the list. Mandates and roles are given anew.") % {"name": person}
    )
    return redirect("organisation")
