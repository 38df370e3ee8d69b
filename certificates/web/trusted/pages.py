"""What software must trust: the lists and their versions, and each store to look at and to download."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import SHELVES, Purpose
from certificates.errors.trusted import NoListYet
from certificates.models import ListVersion, WatchedList
from certificates.selectors.trusted import (
    RECENT,
    changes_since,
    platform_certificates,
    preparation,
    touched,
    versions_of,
    watched_lists,
)
from certificates.services.trusted.stores import (
    LONGEST_PASSWORD,
    Store,
    bytes_of,
    list_of,
    password_for,
    settings_lines,
    store_of,
)
from certificates.trust.stores.building import Form
from certificates.web.parts.words import ENVIRONMENTS
from certificates.web.trusted.rows import (
    VersionRow,
    change_row,
    entry_rows,
    list_row,
    platform_row,
    service_rows,
)
from certificates.web.trusted.words import FORMS, PURPOSE_EXPLANATIONS, PURPOSES
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.keyset import page_of
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest

SIZE = 20


class DownloadForm(forms.Form):
    """In which form, and with which password."""

    form = forms.ChoiceField(label=_("Form"), choices=[(one.value, FORMS[one]) for one in FORMS])
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=LONGEST_PASSWORD,
        help_text=_("Empty: the one that the connector expects. It protects nothing secret."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@page(Permission.SEE_INVENTORY)
def trusted(request: TenantRequest) -> HttpResponse:
    """Show how the lists stand, what changed and whom it touches, every store, and the platform's certificates."""
    now, here = timezone.now(), request.tenancy.organisation
    watched = watched_lists()
    changes = changes_since(now - RECENT)
    counts = touched(here, changes)
    done = preparation(here)
    environments = [
        (environment, str(ENVIRONMENTS[environment]), environment is Environment.ACCEPTANCE)
        for environment in Environment
        if any(one.environment == environment for one in watched)
    ]
    context = {
        "lists": [list_row(one, now) for one in watched],
        "changes": [change_row(one, counts, now) for one in changes],
        "stores": [
            {
                "environment": title,
                "is_acceptance": acceptance,
                "address": reverse("trusted-store", args=[environment.value, purpose.value]),
                "name": PURPOSES[purpose],
                "file": SHELVES[purpose].file,
                "explanation": PURPOSE_EXPLANATIONS[purpose],
            }
            for environment, title, acceptance in environments
            for purpose in Purpose
        ],
        "platform": [platform_row(one, done.get(one.pk, (0, 0)), now) for one in platform_certificates(now)],
    }
    return render(request, "certificates/trusted/overview.html", context)


@page(Permission.SEE_INVENTORY)
def trusted_list(request: TenantRequest, list_id: UUID) -> HttpResponse:
    """Show the versions of one list and what was otherwise in each."""
    now = timezone.now()
    watched = get_object_or_404(
        WatchedList.objects.select_related("current").defer("current__content", "current__signed"), pk=list_id
    )
    after = request.GET.get("after")
    found = page_of(versions_of(watched), by="taken_at", after=after, size=SIZE, descending=True)
    changes = [change for version in found.rows for change in version.changes.all()]
    counts = touched(request.tenancy.organisation, changes)
    rows = []
    for version in found.rows:
        version.list = watched
        own = []
        for change in version.changes.all():
            change.version = version
            own.append(change_row(change, counts, now))
        rows.append(VersionRow(version, tuple(own)))
    context = {
        "row": list_row(watched, now),
        "versions": rows,
        "services": service_rows(list_of(watched.current_id).services, now)
        if watched.current_id and not after
        else [],
        "next_cursor": found.next_cursor,
        "continued": bool(after),
    }
    return render(request, "certificates/trusted/list.html", context)


@page(Permission.SEE_INVENTORY)
def trusted_version(request: TenantRequest, version_id: UUID) -> HttpResponse:
    """Hand out a version of a list, byte for byte as it was published."""
    version = get_object_or_404(ListVersion.objects.select_related("list").defer("signed"), pk=version_id)
    response = HttpResponse(bytes(version.content), content_type="application/xml")
    name = f"tsl-ehpbe-{version.list.kind}-{version.list.environment}-{version.sequence}.xml"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page(Permission.SEE_INVENTORY, methods=("GET", "POST"))
def trusted_store(request: TenantRequest, environment: str, purpose: str) -> HttpResponse:
    """Show what stands in a store and what its software expects, or hand it out."""
    if environment not in set(Environment) or purpose not in set(Purpose):
        raise Http404
    now = timezone.now()
    try:
        found: Store | None = store_of(Environment(environment), Purpose(purpose), now)
    except NoListYet:
        found = None
    form = DownloadForm(request.POST or None)
    if found is not None and form.is_bound and form.is_valid():
        try:
            return _download(found, Form(form.cleaned_data["form"]), form.cleaned_data["password"])
        except DomainError as refusal:
            show_refusal(form, refusal)
    shelf = SHELVES[Purpose(purpose)]
    entries = entry_rows(found.entries, now) if found else []
    context = {
        "form": form,
        "store": found,
        "entries": entries,
        "name": PURPOSES[Purpose(purpose)],
        "explanation": PURPOSE_EXPLANATIONS[Purpose(purpose)],
        "environment": str(ENVIRONMENTS[Environment(environment)]),
        "is_acceptance": environment == Environment.ACCEPTANCE,
        "shelf": shelf,
        "settings_lines": settings_lines(found, "", shelf.password) if found else [],
        "asking": f"{settings.ORIGIN}{reverse('trust-store', args=[environment, purpose, 'jks'])}",
        "file": shelf.file,
    }
    return render(request, "certificates/trusted/store.html", context, status=422 if form.errors else 200)


def _download(found: Store, form: Form, password: str) -> HttpResponse:
    content = bytes_of(found, form, password_for(found.purpose, password))
    stem, suffix = SHELVES[found.purpose].file.removesuffix(".jks"), form.rpartition(".")[2]
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.{suffix}"'
    return response
