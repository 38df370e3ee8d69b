"""The operator's page about trusted lists: who may sign them from now on, and the platform's certificates as files."""

from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from certificates.domain.lifecycle import Environment
from certificates.models import ListOperator, PlatformCertificate
from certificates.models.trusted.platform import Use
from certificates.selectors.trusted import platform_certificates, watched_lists
from certificates.services.trusted.operators import decide
from certificates.services.trusted.platform import MOST_FILE_BYTES, import_file, set_switch
from certificates.services.trusted.watch import ask_now
from certificates.web.parts.words import ENVIRONMENTS
from certificates.web.trusted.rows import list_row, platform_row
from certificates.web.trusted.words import USES
from ehportal.operation.views import for_operators
from organisations.domain.work import Lane
from organisations.errors import DomainError
from organisations.models import User
from organisations.services.work.wakes import wake
from organisations.web.forms import DayInput
from organisations.web.pages import show_refusal


class PlatformFileForm(forms.Form):
    """A certificate of the platform as a file, and from when it is used."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PEM or DER, obtained from the platform and checked by another way."),
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"), choices=[(one.value, ENVIRONMENTS[one]) for one in Environment]
    )
    use = forms.ChoiceField(
        label=gettext_lazy("What it is for"), choices=[(one.value, USES[one]) for one in Use]
    )
    switch_on = forms.DateField(
        label=gettext_lazy("In use from"),
        widget=DayInput,
        required=False,
        help_text=gettext_lazy("The day that the platform announced."),
    )


def _beginning(day: object) -> datetime | None:
    """Return the beginning of a Belgian day."""
    if not hasattr(day, "year"):
        return None
    zone = ZoneInfo(settings.DISPLAY_TIME_ZONE)
    return datetime.combine(day, time(), zone).astimezone(UTC)  # type: ignore[arg-type]  # a date, as the form has it


def operator_of(request: HttpRequest) -> User:
    """Return who operates the platform here."""
    assert isinstance(request.user, User)  # noqa: S101  # `for_operators` lets nobody else in
    return request.user


@for_operators
@require_http_methods(["GET", "HEAD", "POST"])
def trust(request: HttpRequest) -> HttpResponse:
    """Show announced operators, the lists, and the platform's certificates; take a certificate in as a file."""
    now = timezone.now()
    form = PlatformFileForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            new = import_file(
                Environment(given["environment"]),
                Use(given["use"]),
                given["file"].read(MOST_FILE_BYTES + 1),
                switch_at=_beginning(given["switch_on"]),
                told_by=operator_of(request).full_name,
                now=now,
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            told = ngettext("%(count)d new certificate.", "%(count)d new certificates.", new)
            messages.success(request, told % {"count": new})
            return redirect("operation-trust")
    context = {
        "form": form,
        "operators": [
            (one, str(ENVIRONMENTS[Environment(one.environment)]))
            for one in ListOperator.objects.select_related("decided_by").defer("der")
        ],
        "lists": [list_row(one, now) for one in watched_lists()],
        "platform": [platform_row(one, (0, 0), now) for one in platform_certificates(now)],
    }
    return render(request, "operation/trust.html", context, status=422 if form.errors else 200)


@for_operators
@require_POST
def trust_operator(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """Take up an announced operator of lists, or decline it."""
    answer = request.POST.get("answer", "")
    if answer not in {"yes", "no"}:
        return HttpResponse(status=400)
    if decide(operator_id, accept=answer == "yes", by=operator_of(request), now=timezone.now()):
        wake(Lane.STATUS)
        messages.success(request, _("Noted; the lists are asked for again at once."))
    else:
        messages.info(request, _("Somebody decided about it before."))
    return redirect("operation-trust")


@for_operators
@require_POST
def trust_ask(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Have a list asked for at once."""
    if ask_now(list_id):
        wake(Lane.STATUS)
        messages.success(request, _("A worker asks for it within seconds."))
    else:
        messages.info(request, _("This list is not asked for any more."))
    return redirect("operation-trust")


@for_operators
@require_POST
def trust_switch(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Write down from when the platform uses a certificate."""
    field = forms.DateField(required=False)
    try:
        day = field.clean(request.POST.get("switch_on", ""))
    except forms.ValidationError:
        messages.error(request, _("This is no day."))
        return redirect("operation-trust")
    if not PlatformCertificate.objects.filter(pk=certificate_id).exists():
        raise Http404
    set_switch(certificate_id, switch_at=_beginning(day), told_by=operator_of(request).full_name)
    messages.success(request, _("Noted."))
    return redirect("operation-trust")
