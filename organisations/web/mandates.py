"""Registering mandates and withdrawing them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations import selectors
from organisations.domain.mandates import belgian_day
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.services.mandates import give_mandate, withdraw_mandate
from organisations.web.entries import entry_page
from organisations.web.forms import MandateForm, WithdrawalForm
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest


@page(MANAGE, methods=("GET", "POST"))
def mandate_new(request: TenantRequest) -> HttpResponse:
    """Register a mandate; an address may name the person and the number that it is for."""
    here = request.tenancy.organisation

    def act(given: dict[str, Any]) -> str:
        mandate = give_mandate(here, **given, actor=Actor.of(request.tenancy), now=timezone.now())
        return _("The mandate of %(name)s was registered.") % {"name": mandate.person}

    return entry_page(
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


@page(MANAGE, methods=("POST",))
def mandate_withdraw(request: TenantRequest, mandate_id: UUID) -> HttpResponse:
    """End a mandate from the given day on."""
    form = WithdrawalForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the day from which the mandate no longer counts."))
        return redirect("organisation")
    try:
        mandate = hold(
            request,
            selectors.mandates_of(request.tenancy.organisation),
            mandate_id,
            still=lambda one: one.withdrawn_on is None,
        )
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
