"""Adding numbers of the organisation, and taking off what was only claimed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations import selectors
from organisations.domain.claims import CAN_REMOVE
from organisations.errors import ChangedMeanwhile, DomainError
from organisations.services.audit import Actor
from organisations.services.identifiers import add_identifier, remove_identifier
from organisations.web.entries import entry_page
from organisations.web.forms import IdentifierForm
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.words import identifier_type


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

    return entry_page(
        request,
        IdentifierForm(request.POST or None),
        _("Add a number"),
        _(
            "Certificates are issued to a number: the enterprise number, or the one of a recognised institution."
        ),
        act,
    )


@page(MANAGE, methods=("GET", "POST"))
def identifier_remove(request: TenantRequest, identifier_id: UUID) -> HttpResponse:
    """Ask, and then take a number off the list that is only claimed and on which nothing stands."""
    rows = selectors.identifiers_of(request.tenancy.organisation)
    try:
        # What may be removed was offered; what another state offers is another page.
        found = hold(
            request,
            rows,
            identifier_id,
            still=lambda one: one.state in CAN_REMOVE,
            stands=lambda one: one.state,
        )
    except ChangedMeanwhile as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("organisation")
    if request.method != "POST":
        facts = {"identifier": found, "kind": identifier_type(found.type)}
        return render(request, "organisations/identifier_remove.html", facts)
    try:
        remove_identifier(found, actor=Actor.of(request.tenancy), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("%(number)s was removed.") % {"number": found.value})
    return redirect("organisation")
