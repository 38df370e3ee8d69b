"""The organisation's contact data and basic services, with which requests and renewals are filled in."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models.request import CONTACT_FIELDS
from certificates.services.requests.defaults import keep_contact_defaults
from certificates.web.requests.new import RequestForm, services_of
from organisations.errors import ChangedMeanwhile
from organisations.models import Organisation
from organisations.services.audit import Actor
from organisations.web.pages import MANAGE, page, show_refusal
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest

KEPT = (*CONTACT_FIELDS, "base_service_usages")


class DefaultsForm(RequestForm):
    """The same fields as a request has; none of them must be filled in."""

    def __init__(self, organisation: Organisation, *args: object, **kwargs: object) -> None:
        super().__init__(organisation, *args, **kwargs)
        for name in set(self.fields) - set(KEPT):
            del self.fields[name]
        for field in self.fields.values():
            field.required = False


def _stands(organisation: Organisation) -> str:
    return json.dumps(organisation.contact_defaults, sort_keys=True)


@page(MANAGE, methods=("GET", "POST"))
def contact_defaults(request: TenantRequest) -> HttpResponse:
    """Show and keep them; of two administrators the later one is told what the first did."""
    here = request.tenancy.organisation
    form = DefaultsForm(here, request.POST or None, initial=here.contact_defaults)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            held = hold(
                request, Organisation.objects.all(), here.pk, stands=_stands, done=("contact_defaults_kept",)
            )
        except ChangedMeanwhile as refusal:
            show_refusal(form, refusal)
        else:
            keep_contact_defaults(
                held,
                {name: given[name] for name in CONTACT_FIELDS},
                given["base_service_usages"],
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
            messages.success(request, _("Requests and renewals are filled in with this from now on."))
            return redirect("organisation")
    context = {"form": form, "services": services_of(form), "stands": _stands(here)}
    return render(request, "certificates/requests/defaults.html", context, status=422 if form.errors else 200)
