"""Adding numbers of the organisation."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from organisations.services.audit import Actor
from organisations.services.identifiers import add_identifier
from organisations.web.entries import entry_page
from organisations.web.forms import IdentifierForm
from organisations.web.pages import MANAGE, page
from organisations.web.tenancy import TenantRequest


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
