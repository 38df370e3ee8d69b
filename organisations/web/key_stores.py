"""The administrator's choice of what loads the organisation's key stores; holders are not asked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.wire.software import kind_of
from organisations.errors import ChangedMeanwhile, DomainError
from organisations.models import Organisation
from organisations.services.audit import Actor
from organisations.services.key_stores import choose_key_store_software
from organisations.web.organisation import organisation_shown
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.words import KEY_STORE_FORMATS, KEY_STORE_SOFTWARE


@page(MANAGE, methods=("POST",))
def key_store_software(request: TenantRequest) -> HttpResponse:
    """Keep what was chosen in the list."""
    code = request.POST.get("software", "")
    try:
        here = hold(
            request,
            Organisation.objects.all(),
            request.tenancy.organisation.pk,
            stands=lambda one: one.key_store_software,
            done=("key_store_software_chosen",),
        )
        choose_key_store_software(here, code, actor=Actor.of(request.tenancy), now=timezone.now())
    except ChangedMeanwhile as refusal:
        messages.error(request, sentence_of(refusal))
        return organisation_shown(request, software=code, status=409)
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
