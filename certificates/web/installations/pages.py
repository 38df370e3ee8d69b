"""Where certificates are installed: the list of all, one as a row, and accepting what is left of an old one."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from agent.wire.days import belgian_day
from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, Installation
from certificates.selectors.installations import certificates_of_its_key, installations_page
from certificates.selectors.inventory import LISTED
from certificates.services.renewals.confirm_switch import accept_installation
from certificates.web.parts.words import ENVIRONMENTS, INSTALLATION_STATES
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, sentence_of
from organisations.web.record.meanwhile import changed
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label


@dataclass(frozen=True)
class InstallationRow:
    """One installation with the word for what it is."""

    installation: Installation
    state: Label
    environment: str
    importable: bool
    is_left: bool = False
    """Whether the switch of the certificate whose page this is waits for it."""

    @property
    def is_acceptance(self) -> bool:
        """True for the environment that is only for testing."""
        return self.installation.environment == Environment.ACCEPTANCE

    @property
    def in_the_way(self) -> bool:
        """True when it keeps an old certificate in use and nobody has accepted that."""
        return self.is_left or self.state is INSTALLATION_STATES["old"]


def of_the_same_key(installation: Installation, now: datetime) -> Label:
    """Return the words for another certificate of a known key, with its end where that was read."""
    end = installation.not_after
    if end is None:
        return Label(gettext_lazy("Another certificate of the same key"), "bad")
    day = date_format(belgian_day(end), pgettext("a day, Django date format", "j F Y"))
    if end <= now:
        return Label(_("Another certificate of the same key, ended %(day)s") % {"day": day}, "bad")
    return Label(_("Another certificate of the same key, until %(day)s") % {"day": day}, "warn")


def installation_row(installation: Installation, now: datetime, *, is_left: bool = False) -> InstallationRow:
    """Return a row of `installations.installations_page` or `installations_of` with its words."""
    if installation.gone_at is not None:
        state = "gone"
    elif installation.certificate_id is None:
        state = "unknown" if installation.accepted_at is None else "accepted"
    elif installation.current:
        state = "current"
    else:
        state = "old" if installation.accepted_at is None else "accepted"
    return InstallationRow(
        installation,
        of_the_same_key(installation, now)
        if state == "unknown" and installation.holds_another
        else INSTALLATION_STATES[state],
        str(ENVIRONMENTS[Environment(installation.environment)]),
        installation.certificate_id is None,
        is_left,
    )


@page(Permission.SEE_INVENTORY)
def installations(request: TenantRequest) -> HttpResponse:
    """All installations by machine, or those of one certificate."""
    here = request.tenancy.organisation
    chosen = None
    if given := request.GET.get("certificate", ""):
        try:
            key = UUID(given)
        except ValueError:
            key = UUID(int=0)
        rows = Certificate.objects.filter(organisation=here).defer(*LISTED)
        chosen = get_object_or_404(rows, pk=key)
    after = request.GET.get("after")
    found = installations_page(here, certificate=chosen.pk if chosen else None, after=after)
    narrowed = {"certificate": str(chosen.pk)} if chosen else {}
    context = {
        "rows": [installation_row(one, timezone.now()) for one in found.rows],
        "chosen": chosen,
        "continued": bool(after),
        "first": urlencode(narrowed),
        "more": urlencode(narrowed | {"after": found.next_cursor}) if found.next_cursor else "",
    }
    return render(request, "certificates/installations/list.html", context)


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def installation_accept(request: TenantRequest, installation_id: UUID) -> HttpResponse:
    """Accept that one installation of an old certificate stays, with the reason."""
    here = request.tenancy.organisation
    rows = Installation.objects.filter(organisation=here).select_related("certificate")
    installation = get_object_or_404(rows.select_for_update(of=("self",)), pk=installation_id)
    # Another certificate of a known key stands in the way of the switch from the first of them.
    certificate = installation.certificate or certificates_of_its_key(installation).first()
    if certificate is None:
        raise Http404
    try:
        # The record tells of it under the certificate.
        if installation.accepted_at is not None:
            raise changed(certificate.pk, "installation_accepted")
        accept_installation(
            installation.pk,
            certificate=certificate,
            reason=request.POST.get("reason", ""),
            user=request.tenancy.user,
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("Accepted. It no longer stands in the way of the switch."))
    return redirect("certificate", certificate.pk)
