"""Adding and taking away addresses outside that are told; their list stands on the page of notices' rules."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisations.errors import DomainError
from organisations.models import Correspondent
from organisations.services.audit import Actor
from organisations.services.correspondents import add_correspondent, end_correspondent
from organisations.web.pages import MANAGE, page, show_refusal
from organisations.web.tenancy import TenantRequest


class CorrespondentForm(forms.Form):
    """Who reads there, where, and in which language."""

    name = forms.CharField(
        label=gettext_lazy("Who reads there"),
        max_length=100,
        help_text=gettext_lazy("For example: the service desk."),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)


@page(MANAGE, methods=("GET", "POST"))
def correspondent_new(request: TenantRequest) -> HttpResponse:
    """Keep an address, which is asked by letter whether it wants to be told."""
    organisation = request.tenancy.organisation
    form = CorrespondentForm(request.POST or None, initial={"language": organisation.language})
    if request.method == "POST" and form.is_valid():
        try:
            add_correspondent(
                organisation, **form.cleaned_data, user=request.tenancy.user, now=timezone.now()
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("A letter asks this address whether it wants to be told."))
            return redirect("notice-rules")
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "title": _("Address outside"),
        "intro": _(
            "Whoever reads there is told when certificates end, and signs in nowhere. Nothing is sent before the "
            "address agrees. Certificates of persons are never told there."
        ),
        "submit": _("Add and ask"),
        "back": "notice-rules",
    }
    return render(request, "organisations/notices/form.html", context, status=status)


@page(MANAGE, methods=("POST",))
def correspondent_end(request: TenantRequest, correspondent_id: UUID) -> HttpResponse:
    """Send nothing to an address any more."""
    found = get_object_or_404(Correspondent, pk=correspondent_id, organisation=request.tenancy.organisation)
    if end_correspondent(found, actor=Actor.of(request.tenancy), now=timezone.now()):
        messages.success(request, _("Nothing is sent to this address any more."))
    return redirect("notice-rules")
