"""The administrator's choice of what loads the organisation's key stores; holders are not asked."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.wire.software import KINDS, kind_of
from organisations.errors import DomainError
from organisations.models import Organisation
from organisations.services.audit import Actor
from organisations.services.key_stores import choose_key_store_software
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.tenancy import TenantRequest
from organisations.web.words import KEY_STORE_FORMATS, KEY_STORE_SOFTWARE


@dataclass(frozen=True)
class SoftwareLine:
    """One kind of software with its words; `chosen` is the organisation's."""

    code: str
    name: str
    format: str
    chosen: bool


def software_lines(organisation: Organisation) -> list[SoftwareLine]:
    """Return every kind of software, with the format that it gets."""
    return [
        SoftwareLine(
            kind.code,
            str(KEY_STORE_SOFTWARE[kind.code]),
            str(KEY_STORE_FORMATS[kind.store_format]),
            kind.code == organisation.key_store_software,
        )
        for kind in KINDS
    ]


@page(MANAGE, methods=("POST",))
def key_store_software(request: TenantRequest) -> HttpResponse:
    """Keep what was chosen in the list."""
    code = request.POST.get("software", "")
    try:
        choose_key_store_software(
            request.tenancy.organisation, code, actor=Actor.of(request.tenancy), now=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(
            request,
            _("New key stores are written for: %(software)s. %(format)s")
            % {
                "software": KEY_STORE_SOFTWARE[code],
                "format": KEY_STORE_FORMATS[kind_of(code).store_format],
            },
        )
    return redirect("organisation")
