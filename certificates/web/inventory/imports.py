"""Taking existing certificates in: upload, look, choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from certificates.domain.files import MAX_CERTIFICATES as MAX_FOUND
from certificates.domain.files import MAX_FILE_BYTES
from certificates.domain.lifecycle import Environment
from certificates.models import ImportBatch
from certificates.services.inventory.archives import is_archive
from certificates.services.inventory.consignments import MAX_CERTIFICATES, MAX_SENT, send
from certificates.services.inventory.imports import (
    MAX_FILES,
    MAX_TOTAL_BYTES,
    PreviewLine,
    check_size,
    preview,
    take,
    upload,
)
from certificates.web.parts.words import ENVIRONMENTS, OUTCOMES
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.selectors import identifiers_of
from organisations.services.audit import Actor
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label


class SeveralFiles(forms.ClearableFileInput):
    """A file field for more than one file."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Reads every file that was sent."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the files as a list; refuses none at all."""
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(one, initial) for one in files or [None]]


class UploadForm(forms.Form):
    """Files with certificates."""

    files = FilesField(  # type: ignore[assignment]  # the name that refusals use; reached as form["files"]
        label=_("Files"),
        widget=SeveralFiles(attrs={"accept": ".pem,.crt,.cer,.der,.p7b,.p7c,.txt,.zip"}),
        help_text=_(
            "PEM, DER or PKCS#7, several at once, or a zip of them. Never a .p12: keys do not belong on this server."
        ),
        error_messages={"empty": _("This file is empty."), "required": _("Choose at least one file.")},
    )


def is_large(files: "Sequence[UploadedFile[bytes]]") -> bool:
    """Whether workers read it: an archive, or more than is looked through while somebody waits for the page."""
    if sum(one.size or 0 for one in files) > MAX_TOTAL_BYTES:
        return True
    for one in files:
        beginning = one.read(4)
        one.seek(0)
        if is_archive(beginning):
            return True
    return False


@page(Permission.IMPORT_CERTIFICATES, methods=("GET", "POST"))
def import_upload(request: TenantRequest) -> HttpResponse:
    """Send files; nothing is taken in before the next page."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        files = form.cleaned_data["files"]
        try:
            if is_large(files):
                large = send(
                    request.tenancy.organisation,
                    [(one.name, one.size, one.chunks()) for one in files],
                    user=request.tenancy.user,
                    now=timezone.now(),
                )
                return redirect("consignment", large.pk)
            check_size([one.size for one in files])  # before any of it is read into memory
            sent = [(one.name, one.read()) for one in files]
            batch = upload(
                request.tenancy.organisation,
                sent,
                user=request.tenancy.user,
                actor=Actor.of(request.tenancy),
                now=timezone.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("import-preview", batch.pk)
    return render(
        request,
        "certificates/inventory/import_upload.html",
        {
            "form": form,
            "most": {
                "certificates": MAX_CERTIFICATES,
                "files": MAX_FILES,
                "megabytes": MAX_SENT // (1024 * 1024),
                "each": MAX_FILE_BYTES // (1024 * 1024),
                "found": MAX_FOUND,
            },
        },
        status=422 if form.errors else 200,
    )


@dataclass(frozen=True)
class ShownLine:
    """One finding of an upload with its words; a national number in a name is masked."""

    line: PreviewLine
    outcome: Label
    environment: str
    name: str
    warnings: tuple[str, ...]
    """What somebody should know before it is taken in; then it is not ticked at first."""

    @property
    def checked(self) -> bool:
        """True when the box is ticked at first."""
        return self.line.suggested and not self.warnings


def _shown(line: PreviewLine, numbers: frozenset[tuple[str, str]]) -> ShownLine:
    return ShownLine(
        line,
        OUTCOMES[line.outcome],
        str(ENVIRONMENTS[Environment(line.environment)]) if line.environment else "",
        line.name or line.file,
        _warnings(line, numbers) if line.takeable else (),
    )


def _warnings(line: PreviewLine, numbers: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Point out what is another organisation's, and what anybody may have made."""
    found: list[object] = []
    if line.outcome == "not_ehealth":
        return ()
    if line.number is not None and line.number not in numbers:
        found.append(
            _("%(number)s is no number of your organisation: this is another organisation's certificate.")
            % {"number": " ".join(line.number)}
        )
    if not line.trusted:
        found.append(_("Not recognised: it leads to no known authority, so it will count as valid nowhere."))
    return tuple(str(one) for one in found)


@page(Permission.IMPORT_CERTIFICATES, methods=("GET", "POST"))
def import_preview(request: TenantRequest, batch_id: UUID) -> HttpResponse:
    """What was found in the files; the ticked lines are taken in."""
    batch = get_object_or_404(
        ImportBatch,
        organisation=request.tenancy.organisation,
        uploaded_by=request.tenancy.user,
        kind="files",
        pk=batch_id,
    )
    if request.method == "POST":
        taken = take(
            batch, set(request.POST.getlist("take")), actor=Actor.of(request.tenancy), now=timezone.now()
        )
        messages.success(
            request,
            ngettext(
                "%(count)d certificate was taken in.", "%(count)d certificates were taken in.", taken.new
            )
            % {"count": taken.new},
        )
        return redirect("inventory")
    ours = frozenset((one.type, one.value) for one in identifiers_of(request.tenancy.organisation))
    lines = [_shown(line, ours) for line in preview(batch, now=timezone.now())]
    takeable = sum(1 for shown in lines if shown.line.takeable)
    return render(
        request, "certificates/inventory/import_preview.html", {"lines": lines, "takeable": takeable}
    )
