"""What is told of one certificate's end, before and after it happens; and silence about it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agent.wire.days import belgian_day
from certificates.domain.watch.notices import Event, Happening
from certificates.models.notices.mute import MAX_REASON
from certificates.services.notices.ahead import Ahead, Fate, ahead_of
from certificates.services.notices.mutes import mute, unmute
from certificates.web.parts.lookup import find_certificate
from organisations.domain.roles import Permission
from organisations.errors import DomainError
from organisations.services.audit import Actor
from organisations.web.pages import page, show_refusal
from organisations.web.tenancy import TenantRequest

HAPPENINGS = {
    Happening.OPENS: gettext_lazy("It can be renewed from now on"),
    Happening.LAST_SAFE: gettext_lazy("The last safe day: a check by hand can take ten days"),
    Happening.LAST_DAY: gettext_lazy("The last day"),
}
FATES = {
    Fate.TOLD: ("good", gettext_lazy("Told")),
    Fate.WAITS: ("warn", gettext_lazy("Is about to be sent")),
    Fate.AHEAD: ("", gettext_lazy("Will be told")),
    Fate.MUTED: ("", gettext_lazy("Silent")),
    Fate.PASSED: ("", gettext_lazy("Not told: a later one says the same")),
}


class MuteForm(forms.Form):
    """Until which day nobody needs to hear of it, and why."""

    until = forms.DateField(
        label=gettext_lazy("Silent until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=MAX_REASON,
        help_text=gettext_lazy("It stands in the record, with your name."),
    )


@page(Permission.SEE_INVENTORY, methods=("GET", "POST"))
def certificate_notices(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Show who was and will be told what; whoever may request certificates silences this one here."""
    found = find_certificate(request, certificate_id)
    now = timezone.now()
    form = MuteForm(
        request.POST or None, initial={"until": belgian_day(min(now + timedelta(days=30), found.not_after))}
    )
    if request.method == "POST":
        request.tenancy.require(Permission.REQUEST_CERTIFICATE)
        if form.is_valid():
            actor = Actor.of(request.tenancy)
            try:
                mute(found, **form.cleaned_data, user=request.tenancy.user, actor=actor, now=now)
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, _("Nobody is told of its end until that day has passed."))
                return redirect("certificate-notices", found.pk)
    ahead = ahead_of(request.tenancy.organisation, found, now=now)
    over = any(one.fate is Fate.NOT_NEEDED for one in ahead.lines)
    context = {"certificate": found, "form": form, "ahead": ahead, "lines": _lines(ahead), "over": over}
    status = 422 if form.errors else 200
    return render(request, "certificates/notices/ahead.html", context, status=status)


def _what(event: Event) -> str:
    days = {"days": event.step}
    if event.happening is Happening.STEP:
        return ngettext("%(days)d day before the end", "%(days)d days before the end", event.step) % days
    if event.happening is Happening.ENDED and event.step:
        return ngettext("%(days)d day after the end", "%(days)d days after the end", event.step) % days
    return _("It has ended") if event.happening is Happening.ENDED else str(HAPPENINGS[event.happening])


def _lines(ahead: Ahead) -> list[dict[str, Any]]:
    lines = []
    for one in ahead.lines:
        if one.fate is Fate.NOT_NEEDED:
            continue
        tone, fate = FATES[one.fate]
        lines.append(
            {
                "what": _what(one.event),
                "at": one.event.at,
                "tone": tone,
                "fate": fate,
                "readers": one.readers,
                "told_at": one.told_at,
                "acknowledged_at": one.acknowledged_at,
                "ahead": one.fate is Fate.AHEAD,
            }
        )
    return lines


@page(Permission.REQUEST_CERTIFICATE, methods=("POST",))
def certificate_unmute(request: TenantRequest, certificate_id: UUID) -> HttpResponse:
    """Tell of its end again."""
    found = find_certificate(request, certificate_id)
    unmute(found, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(request, _("Its end is told again."))
    return redirect("certificate-notices", found.pk)
