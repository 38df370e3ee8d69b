"""A table of certificates that somebody knows of: sent, looked at line by line, and set on what stands here."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from certificates.domain.references import MAX_BYTES, MAX_LINES
from certificates.errors.inventory import TableRefused
from certificates.models import ImportBatch
from certificates.services.references.look_up import Line
from certificates.services.references.set_references import (
    KIND,
    keep_references,
    lines_of,
    set_references,
    sign_of,
)
from certificates.web.parts.tables import table_file
from certificates.web.parts.words import ENVIRONMENTS
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of, show_refusal
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label, Text

HEADS: dict[str, Text] = {
    "fingerprint": gettext_lazy("Fingerprint (SHA-256)"),
    "serial": gettext_lazy("Serial number"),
    "issuer": gettext_lazy("Issuer"),
    "type": gettext_lazy("Type of number"),
    "number": gettext_lazy("Number"),
    "application": gettext_lazy("ApplicationId"),
    "environment": gettext_lazy("Environment"),
    "owner": gettext_lazy("Owner"),
    "tags": gettext_lazy("Tags"),
    "note": gettext_lazy("Note"),
}
SHORT = {
    "sha256": "fingerprint",
    "identifier": "number",
    "tag": "tags",
    "serial": "serial",
    "sha-256": "fingerprint",
}
SHOWN = 200
"""Lines of each group on the page; the report has all of them."""
FOUND, ABSENT = Label(gettext_lazy("Stands here"), "good"), Label(gettext_lazy("Stands not here"), "warn")
SAME = Label(gettext_lazy("Stands here, nothing to set"))
WRONG = Label(gettext_lazy("Nothing is done with this line"), "bad")
ASK = gettext_lazy(
    "Ask the government's records for this number: they tell which certificates it has. Or upload the certificate"
    " itself."
)
PROBLEMS: dict[str, Text] = {
    "absent": gettext_lazy(
        "Upload the certificate itself, or let an agent look for it on the machine where it is in use."
    ),
    "issuer": gettext_lazy(
        "A certificate with this serial number stands here, but another authority issued it. Correct the issuer."
    ),
    "several": gettext_lazy("Several certificates fit. Add the environment, the issuer or the fingerprint."),
    "twice": gettext_lazy("A line above names the same certificate. Put both into one line."),
    "fingerprint": gettext_lazy("This is no SHA-256 fingerprint: that has 64 digits from 0 to 9 and a to f."),
    "serial": gettext_lazy(
        "This is no serial number. If a spreadsheet has shortened it, set the column to text and copy it once more."
    ),
    "nothing": gettext_lazy("This line names no certificate: no fingerprint, serial number, number or ApplicationId."),
    "number_of_person": gettext_lazy(
        "Natural persons are not named by their national number here. Write the fingerprint instead."
    ),
    "environment": gettext_lazy("Write production or acceptance as the environment."),
    "tag": gettext_lazy("A tag has one to forty characters. Choose a shorter word."),
    "owner": gettext_lazy("Nobody in this organisation has this name or e-mail address. Write the e-mail address."),
    "note": gettext_lazy("A note has two thousand characters at most. Shorten it."),
}  # fmt: skip


class TableForm(forms.Form):
    """One table."""

    file = forms.FileField(
        label=gettext_lazy("Table (CSV)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv"}),
        help_text=gettext_lazy(
            "The first line names the columns. Each other line names a certificate: by its fingerprint, by serial "
            "number and issuer, or by number and ApplicationId. Owner, tags and note may stand beside it."
        ),
        error_messages={
            "empty": gettext_lazy("This file is empty."),
            "required": gettext_lazy("Choose a file."),
        },
    )


@cache
def _names() -> dict[str, str]:
    """Return which column a head means, in any of our languages, also as our own exports write it."""
    names = {field: field for field in HEADS} | SHORT
    for language, _name in settings.LANGUAGES:
        with override(language):
            names |= {" ".join(str(word).lower().split()): field for field, word in HEADS.items()}
    return names


@cache
def _environments() -> dict[str, str]:
    found = {one.value: one.value for one in ENVIRONMENTS}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(word).lower(): one.value for one, word in ENVIRONMENTS.items()}
    return found


@page(Permission.IMPORT_CERTIFICATES, methods=("GET", "POST"))
def references_upload(request: TenantRequest) -> HttpResponse:
    """Send a table; nothing is set before the next page."""
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > MAX_BYTES:
                raise TableRefused("too_large")
            batch = keep_references(
                request.tenancy.organisation,
                file.name,
                file.read(),
                names=_names(),
                environments=_environments(),
                user=request.tenancy.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("references", batch.pk)
    most = {"lines": MAX_LINES, "megabytes": MAX_BYTES // (1024 * 1024)}
    return render(
        request,
        "certificates/inventory/references_upload.html",
        {"form": form, "most": most, "heads": HEADS.values()},
        status=422 if form.errors else 200,
    )


@page(Permission.IMPORT_CERTIFICATES)
def references_empty(request: TenantRequest) -> HttpResponse:
    """A table with its heads alone, to be filled in."""
    return table_file("references", [[str(one) for one in HEADS.values()]])


@dataclass(frozen=True)
class ShownLine:
    """One line with its words."""

    line: Line
    label: Label
    advice: str
    named: str
    sets: tuple[str, ...]


def _shown(line: Line) -> ShownLine:
    told = {"": FOUND if line.changes else SAME, "absent": ABSENT}
    label = told.get(line.problem, WRONG)
    asks = line.problem == "absent" and line.reference.number
    advice = str(ASK if asks else PROBLEMS[line.problem]) if line.problem else ""
    sets = [_("Tag: %(tag)s") % {"tag": one} for one in line.tags]
    if line.owner:
        sets.append(
            _("Owner: %(name)s, until now %(before)s")
            % {"name": line.owner.full_name, "before": line.owner_before}
            if line.owner_before
            else _("Owner: %(name)s") % {"name": line.owner.full_name}
        )
    if line.note:
        sets.append(_("Note: %(text)s") % {"text": line.note})
    said = line.reference.said
    named = " · ".join(said[one] for one in HEADS if one in said and one not in {"owner", "tags", "note"})
    return ShownLine(line, label, advice, named, tuple(sets))


def _find(request: TenantRequest, batch_id: UUID) -> ImportBatch:
    return get_object_or_404(
        ImportBatch,
        organisation=request.tenancy.organisation,
        uploaded_by=request.tenancy.user,
        kind=KIND,
        pk=batch_id,
    )


@page(Permission.IMPORT_CERTIFICATES, methods=("GET", "POST"))
def references(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """What of the table stands here and what would be set on it; what does not, and what to do about that."""
    batch = _find(request, batch_id)
    if request.method == "POST":
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
        try:
            changed = set_references(
                batch,
                request.POST.get("seen", ""),
                user=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, sentence_of(refusal))
        else:
            text = ngettext(
                "%(count)d certificate was changed.", "%(count)d certificates were changed.", changed
            )
            messages.success(request, text % {"count": changed})
        return redirect("references", batch.pk)
    lines = lines_of(batch)
    shown = [_shown(line) for line in lines]
    found = [one for one in shown if not one.line.problem]
    absent = [one for one in shown if one.line.problem == "absent"]
    wrong = [one for one in shown if one.line.problem and one.line.problem != "absent"]
    context: dict[str, Any] = {
        "batch": batch,
        "file": batch.findings[0]["file"] if batch.findings else "",
        "seen": sign_of(lines),
        "lines": len(lines),
        "changing": sum(1 for one in found if one.line.changes),
        "found": found[:SHOWN],
        "found_number": len(found),
        "absent": absent[:SHOWN],
        "absent_number": len(absent),
        "wrong": wrong[:SHOWN],
        "wrong_number": len(wrong),
        "cut": max(len(found), len(absent), len(wrong)) > SHOWN,
        "most": SHOWN,
    }
    return render(request, "certificates/inventory/references.html", context)


@page(Permission.IMPORT_CERTIFICATES)
def references_report(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """Every line with what stands here of it and what to do, as CSV for spreadsheets."""
    batch = _find(request, batch_id)
    head = [
        *(_("Line"), _("Finding"), _("What to do"), _("Certificate"), _("What is set")),
        *(str(one) for one in HEADS.values()),
    ]
    return table_file(f"references-{batch.uploaded_at:%Y%m%d-%H%M}", _report(head, batch))


def _report(head: list[str], batch: ImportBatch) -> Iterator[list[str]]:
    yield head
    for line in lines_of(batch):
        one = _shown(line)
        certificate = line.certificate.common_name if line.certificate else ""
        said = [line.reference.said.get(name, "") for name in HEADS]
        yield [str(line.reference.line), str(one.label), one.advice, certificate, "; ".join(one.sets), *said]
