"""The operator's page about the government's services: maintenance that the platform announced, written down ahead."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from certificates.domain.lifecycle import Environment
from certificates.selectors.probes import maintenance_since
from certificates.services.probes.maintenance import announce_maintenance, end_maintenance
from certificates.services.probes.services import SERVICES
from certificates.web.parts.away import name_of
from certificates.web.parts.words import ENVIRONMENTS
from ehportal.operation.trusted import operator_of
from ehportal.operation.views import for_operators
from organisations.errors import DomainError
from organisations.web.forms import MomentInput
from organisations.web.pages import show_refusal


class MaintenanceForm(forms.Form):
    """Which service may be away, and from when until when, in Belgian time."""

    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"), choices=[(one.value, ENVIRONMENTS[one]) for one in Environment]
    )
    name = forms.ChoiceField(
        label=gettext_lazy("Service"),
        choices=[("", gettext_lazy("All services")), *((one, name_of(one)) for one in SERVICES)],
        required=False,
    )
    begins_at = forms.DateTimeField(label=gettext_lazy("From"), widget=MomentInput)
    ends_at = forms.DateTimeField(label=gettext_lazy("Until"), widget=MomentInput)
    said = forms.CharField(
        label=gettext_lazy("What was announced"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Every organisation reads it on its page of services."),
    )


@for_operators
@require_http_methods(["GET", "HEAD", "POST"])
def services(request: HttpRequest) -> HttpResponse:
    """Show announced maintenance that is not over, and write down more."""
    now = timezone.now()
    form = MaintenanceForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        where = Environment(given.pop("environment"))
        name = given.pop("name")
        try:
            announce_maintenance(where, name, **given, noted_by=operator_of(request).full_name, now=now)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Noted."))
            return redirect("operation-services")
    context = {
        "form": form,
        "maintenance": [
            (one, name_of(one.name) if one.name else "", ENVIRONMENTS[Environment(one.environment)])
            for one in maintenance_since(now)
        ],
        "now": now,
    }
    return render(request, "operation/services.html", context, status=422 if form.errors else 200)


@for_operators
@require_POST
def maintenance_end(request: HttpRequest, maintenance_id: UUID) -> HttpResponse:
    """Let calls count again: the maintenance is over, or does not take place."""
    if end_maintenance(maintenance_id, noted_by=operator_of(request).full_name, now=timezone.now()):
        messages.success(request, _("Noted."))
    else:
        messages.info(request, _("It is over already."))
    return redirect("operation-services")
