"""Comparing a trust store that the organisation has with the one that the lists make, and completing it."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import SHELVES, Purpose
from certificates.errors.trusted import NoListYet
from certificates.services.trusted.own_store import MOST_BYTES, Compared, compare, completed
from certificates.services.trusted.stores import LONGEST_PASSWORD, store_of
from certificates.web.parts.words import ENVIRONMENTS
from certificates.web.trusted.rows import entry_rows
from certificates.web.trusted.words import PURPOSES
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest


class OwnStoreForm(forms.Form):
    """The store as it is in use."""

    file = forms.FileField(label=_("Your trust store"), help_text=_("As it is in use: .jks, .p12 or .pem."))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=LONGEST_PASSWORD,
        help_text=_("Empty: the one that the connector expects. It protects nothing secret."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    without_withdrawn = forms.BooleanField(
        label=_("Leave out what is trusted no more"), required=False, initial=True
    )


@page(Permission.SEE_INVENTORY, methods=("GET", "POST"))
def own_store(request: TenantRequest, environment: str, purpose: str) -> HttpResponse:
    """Show what a given store lacks and holds too much, or hand it out completed; nothing of it is kept."""
    if environment not in set(Environment) or purpose not in set(Purpose):
        raise Http404
    now = timezone.now()
    try:
        store = store_of(Environment(environment), Purpose(purpose), now)
    except NoListYet:
        return redirect("trusted-store", environment, purpose)
    form = OwnStoreForm(request.POST or None, request.FILES or None)
    compared: Compared | None = None
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            compared = compare(store, given["file"].read(MOST_BYTES + 1), given["password"])
            if request.POST.get("deed") == "complete":
                content = completed(
                    store, compared, given["password"], without_withdrawn=given["without_withdrawn"]
                )
                suffix = compared.form.rpartition(".")[2]
                stem = SHELVES[store.purpose].file.removesuffix(".jks")
                response = HttpResponse(content, content_type="application/octet-stream")
                response.headers["Content-Disposition"] = f'attachment; filename="{stem}.{suffix}"'
                return response
        except DomainError as refusal:
            show_refusal(form, refusal)
    context = {
        "form": form,
        "name": PURPOSES[store.purpose],
        "store_address": request.path.removesuffix("own/"),
        "environment": str(ENVIRONMENTS[store.environment]),
        "is_acceptance": store.environment == Environment.ACCEPTANCE,
        "compared": compared,
        "parts": [
            (_("Missing in it"), "bad", entry_rows(compared.missing, now)),
            (_("In it, and trusted no more"), "bad", entry_rows(compared.withdrawn, now)),
            (_("Added by hand: no list ever held them"), "quiet", entry_rows(compared.own, now)),
        ]
        if compared
        else [],
    }
    return render(request, "certificates/trusted/own_store.html", context, status=422 if form.errors else 200)
