"""Connections: the list, a new one, its secret shown once, another secret beside it, and its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisations.domain.mandates import belgian_day
from organisations.domain.scopes import scopes_in
from organisations.errors import DomainError
from organisations.models import Connection, ConnectionSecret
from organisations.selectors import events_about
from organisations.services.audit import Actor
from organisations.services.credentials.connections import (
    LONGEST,
    OVERLAP_DAYS,
    connections_of,
    end_connection,
    end_secret,
    live_secrets,
    make_connection,
    rotate_secret,
)
from organisations.services.credentials.counting import outcomes_of
from organisations.web.credentials.forms import ConnectionForm, RotationForm
from organisations.web.credentials.words import OUTCOMES, SCOPES
from organisations.web.pages import MANAGE, page, sentence_of, show_refusal
from organisations.web.record.lines import lines_of
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label

USUAL = timedelta(days=365)
SOON = timedelta(days=30)


@dataclass(frozen=True)
class ConnectionLine:
    """One connection as the list shows it."""

    connection: Connection
    state: Label
    may: list[str]
    open: bool


def _line(one: Connection, now: datetime) -> ConnectionLine:
    today = belgian_day(now)
    is_open = one.is_open(today)
    if not is_open:
        state = Label(_("Ended"), "")
    elif one.ends_on <= today + SOON:
        state = Label(_("Ends soon"), "warn")
    else:
        state = Label(_("Open"), "good")
    held = scopes_in(one.scopes)
    return ConnectionLine(
        one, state, [str(words) for scope, words in SCOPES.items() if scope in held], is_open
    )


@page(MANAGE)
def connections(request: TenantRequest) -> HttpResponse:
    """Show the connections of the organisation, those that have ended last."""
    now = timezone.now()
    lines = [_line(one, now) for one in connections_of(request.tenancy.organisation)]
    lines.sort(key=lambda one: not one.open)
    return render(request, "organisations/connections/list.html", {"lines": lines})


@page(MANAGE, methods=("GET", "POST"))
def connection_new(request: TenantRequest) -> HttpResponse:
    """Make a connection; the page that answers shows its secret, and no other page ever does."""
    now = timezone.now()
    today = belgian_day(now)
    form = ConnectionForm(
        request.POST or None,
        last=today + LONGEST,
        initial={"contact": request.tenancy.user.email, "ends_on": today + USUAL},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = make_connection(request.tenancy, form.wanted, now=now)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return connection_shown(request, made, secret=secret)
    return render(
        request, "organisations/connections/new.html", {"form": form}, status=422 if form.errors else 200
    )


@page(MANAGE)
def connection(request: TenantRequest, connection_id: UUID) -> HttpResponse:
    """Show one connection: what it may do, its secrets, its last use, and what happened to it."""
    found = get_object_or_404(connections_of(request.tenancy.organisation), pk=connection_id)
    return connection_shown(request, found)


def connection_shown(request: TenantRequest, found: Connection, *, secret: str = "") -> HttpResponse:
    """Return the page of a connection; `secret` is one that was just made, and is shown this once."""
    now = timezone.now()
    counted = outcomes_of(found.pk, now)
    context: dict[str, Any] = {
        "connection": found,
        "line": _line(found, now),
        "secrets": live_secrets(found, now),
        "latest": _latest(found),
        "secret": secret,
        "origin": settings.ORIGIN,
        "outcomes": [(OUTCOMES[one], number) for one, number in counted.items()] if counted else None,
        "rotations": [
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in OVERLAP_DAYS
        ],
        "lines": lines_of(events_about(found.pk)),
    }
    return render(request, "organisations/connections/connection.html", context)


@page(MANAGE, methods=("POST",))
def connection_rotate(request: TenantRequest, connection_id: UUID) -> HttpResponse:
    """Give a connection another secret and show it this once; the former one goes on for some days."""
    found = _held(request, connection_id, stands=_latest)
    if found is None:
        return redirect("connection", connection_id)
    form = RotationForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how long the former secret goes on."))
        return redirect("connection", found.pk)
    try:
        secret = rotate_secret(
            found, **form.cleaned_data, actor=Actor.of(request.tenancy), now=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("connection", found.pk)
    return connection_shown(request, found, secret=secret)


@page(MANAGE, methods=("POST",))
def connection_secret_end(request: TenantRequest, connection_id: UUID, secret_id: UUID) -> HttpResponse:
    """Stop one secret at once."""
    found = get_object_or_404(connections_of(request.tenancy.organisation), pk=connection_id)
    secret = get_object_or_404(ConnectionSecret, connection=found, pk=secret_id)
    end_secret(found, secret, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(
        request, _("The secret that ends in %(hint)s opens nothing any more.") % {"hint": secret.hint}
    )
    return redirect("connection", found.pk)


@page(MANAGE, methods=("POST",))
def connection_end(request: TenantRequest, connection_id: UUID) -> HttpResponse:
    """End a connection at once."""
    found = _held(request, connection_id)
    if found is not None:
        end_connection(found, actor=Actor.of(request.tenancy), now=timezone.now())
        messages.success(request, _("The connection “%(name)s” has ended.") % {"name": found.name})
    return redirect("connections")


def _latest(one: Connection) -> str:
    """Return which secret came last: who sends a form twice, or from an older page, makes no further one."""
    living = live_secrets(one, timezone.now())
    return str(living[-1].pk) if living else ""


def _held(
    request: TenantRequest, connection_id: UUID, *, stands: Callable[[Connection], object] | None = None
) -> Connection | None:
    """Return a connection that is open, locked; None, with what happened said, where somebody changed it meanwhile."""
    try:
        found = hold(
            request,
            connections_of(request.tenancy.organisation),
            connection_id,
            still=lambda one: one.is_open(belgian_day(timezone.now())),
            stands=stands,
        )
    except DomainError as refusal:
        messages.error(request, sentence_of(refusal))
        return None
    return found
