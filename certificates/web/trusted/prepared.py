"""One certificate of the platform, and the list of software of the organisation that is prepared for it."""

from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from certificates.models import PlatformCertificate, PreparedSoftware
from certificates.models.trusted.platform import MAX_SOFTWARE
from certificates.services.trusted.prepared import add_software, mark, remove, suggested
from certificates.web.trusted.rows import platform_row
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.tenancy import TenantRequest


class SoftwareForm(forms.Form):
    """Software by the name that people have for it."""

    software = forms.CharField(
        label=gettext_lazy("Software"),
        max_length=MAX_SOFTWARE,
        help_text=gettext_lazy("And the machine, where there are several: “Connector on SRV-02”."),
    )


def _find(certificate_id: UUID) -> PlatformCertificate:
    return get_object_or_404(PlatformCertificate, pk=certificate_id)


@page(Permission.SEE_INVENTORY)
def platform_certificate(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Show a certificate of the platform and what the organisation's software knows of it."""
    found, here, now = _find(certificate_id), request.tenancy.organisation, timezone.now()
    lines = list(
        PreparedSoftware.objects.filter(organisation=here, certificate=found).select_related("prepared_by")
    )
    done = sum(1 for one in lines if one.prepared_at)
    context = {
        "row": platform_row(found, (done, len(lines)), now),
        "lines": lines,
        "suggested": suggested(here, found) if request.tenancy.may(Permission.REQUEST_CERTIFICATE) else [],
        "software_form": SoftwareForm(),
    }
    return render(request, "certificates/trusted/platform.html", context)


@page(Permission.SEE_INVENTORY)
def platform_download(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Hand out a certificate of the platform as PEM."""
    found = _find(certificate_id)
    pem = x509.load_der_x509_certificate(bytes(found.der)).public_bytes(Encoding.PEM)
    response = HttpResponse(pem, content_type="application/x-pem-file")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.fingerprint[:16]}.pem"'
    return response


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def software_add(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Put software on the list: one that was typed, or those that were ticked."""
    found = _find(certificate_id)
    names = request.POST.getlist("suggested") or [request.POST.get("software", "")]
    try:
        new = add_software(
            request.tenancy.organisation,
            found,
            names,
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        told = ngettext("%(count)d line was added.", "%(count)d lines were added.", new)
        messages.success(request, told % {"count": new})
    return redirect("platform-certificate", found.pk)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def software_mark(request: TenantRequest, line_id: UUID) -> HttpResponse:
    """Tick a line, untick it, or take it off the list."""
    here, deed = request.tenancy.organisation, request.POST.get("deed", "")
    line = PreparedSoftware.objects.filter(organisation=here, pk=line_id).first()
    if line is None:
        raise Http404
    actor, now = Actor.of(request.tenancy), timezone.now()
    if deed == "remove":
        remove(here, line_id, actor=actor, now=now)
        messages.success(request, _("Taken off the list."))
    elif deed in {"prepared", "not-prepared"}:
        mark(here, line_id, prepared=deed == "prepared", by=request.tenancy.user, actor=actor, now=now)
        messages.success(request, _("Noted."))
    else:
        return HttpResponse(status=400)
    return redirect("platform-certificate", line.certificate_id)
