"""The government's services: how each does now, this month and before, and when one was away."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.wire.days import belgian_day
from certificates.domain.lifecycle import Environment
from certificates.domain.watch.probes import Outcome
from certificates.errors.probes import TargetsRefused
from certificates.models import Incident, Maintenance, ProbedService
from certificates.selectors import probes
from certificates.selectors.probes import Expected, Figures
from certificates.services.probes.targets import set_targets
from certificates.web.parts.away import name_of
from certificates.web.parts.words import ENVIRONMENTS
from certificates.web.services.forms import TargetsForm
from certificates.web.services.plot import Days, plot_days
from certificates.web.services.words import (
    AVAILABLE,
    AWAY,
    NEVER,
    NOT_ASKED,
    OUTCOMES,
    PURPOSES,
    UNSTEADY,
)
from organisations.domain.roles import Permission
from organisations.services.audit import Actor
from organisations.web.pages import MANAGE, page, show_refusal
from organisations.web.tenancy import TenantRequest
from organisations.web.words import Label, Text

INCIDENTS_FOR = timedelta(days=180)


@dataclass(frozen=True)
class MonthLine:
    """One month of one service; `met` is None where nothing is expected or known."""

    month: date
    figures: Figures
    met: bool | None


@dataclass(frozen=True)
class ServiceLine:
    """One service as the page shows it."""

    row: ProbedService
    name: str
    purpose: Text
    state: Label
    since: datetime | None
    now: MonthLine
    before: list[MonthLine]
    plot: Days
    expected: Expected
    until: datetime | None = None
    """Until when maintenance is announced that has begun."""


@dataclass(frozen=True)
class MaintenanceLine:
    """One announced time of maintenance; an empty name stands for all services."""

    maintenance: Maintenance
    name: str
    environment: Text
    acceptance: bool
    begun: bool


@dataclass(frozen=True)
class IncidentLine:
    """One time in which a service was away."""

    incident: Incident
    name: str
    environment: Text
    acceptance: bool
    outcome: Text
    lasted: timedelta


@page(Permission.SEE_INVENTORY)
def services(request: TenantRequest) -> HttpResponse:
    """Show how the services do against what the organisation expects."""
    return services_shown(request)


@page(MANAGE, methods=("POST",))
def service_targets(request: TenantRequest) -> HttpResponse:
    """Keep what the organisation expects."""
    here = request.tenancy.organisation
    form = TargetsForm(request.POST, expected=probes.expected_by(here), names=_names())
    if not form.is_valid():
        return services_shown(request, form=form, status=422)
    try:
        set_targets(
            here,
            percent=form.cleaned_data["percent"],
            milliseconds=form.cleaned_data["milliseconds"],
            days=form.days(),
            of_services=form.of_services(),
            without_holidays=form.cleaned_data["without_holidays"],
            actor=Actor.of(request.tenancy),
            now=timezone.now(),
        )
    except TargetsRefused as refusal:
        show_refusal(form, refusal)
        return services_shown(request, form=form, status=422)
    messages.success(request, _("What you expect of the services is kept."))
    return redirect("services")


def services_shown(
    request: TenantRequest, *, form: TargetsForm | None = None, status: int = 200
) -> HttpResponse:
    """Return the page; `form` is one that was refused."""
    now, here = timezone.now(), request.tenancy.organisation
    expected = probes.expected_by(here)
    followed = probes.services_followed()
    months, days = probes.months(now, expected), probes.days(now)
    away = {one.service_id: one.began_at for one in probes.open_incidents()}
    announced = probes.maintenance_since(now)
    lines = [_line(one, now, expected.of(one.name), months, days, away) for one in followed]
    lines = [replace(one, until=_maintained_until(one.row, announced, now)) for one in lines]
    shown = [
        (where, ENVIRONMENTS[where], where is Environment.ACCEPTANCE, found)
        for where in Environment
        if (found := [line for line in lines if line.row.environment == where])
    ]
    if form is None and request.tenancy.may(MANAGE):
        form = TargetsForm(expected=expected, names={one.name for one in followed})
    return render(
        request,
        "certificates/services/page.html",
        {
            "environments": shown,
            "incidents": [_incident(one, now) for one in probes.incidents_since(now - INCIDENTS_FOR)],
            "maintenance": [_maintenance(one, now) for one in announced],
            "form": form,
            "now": now,
        },
        status=status,
    )


def _names() -> set[str]:
    return {one.name for one in probes.services_followed()}


def _maintained_until(row: ProbedService, announced: list[Maintenance], now: datetime) -> datetime | None:
    """Return until when maintenance of a service is announced that has begun."""
    mine = [one for one in announced if one.environment == row.environment and one.name in ("", row.name)]
    return max((one.ends_at for one in mine if one.begins_at <= now), default=None)


def _maintenance(one: Maintenance, now: datetime) -> MaintenanceLine:
    where = Environment(one.environment)
    return MaintenanceLine(
        one,
        name_of(one.name) if one.name else "",
        ENVIRONMENTS[where],
        where is Environment.ACCEPTANCE,
        one.begins_at <= now,
    )


def _line(
    row: ProbedService,
    now: datetime,
    expected: Expected,
    months: dict[date, dict[object, Figures]],
    days: dict[date, dict[object, Figures]],
    away: dict[UUID, datetime],
) -> ServiceLine:
    today = belgian_day(now)
    this = today.replace(day=1)
    told = {since: found[row.pk] for since, found in months.items() if row.pk in found}
    lines = [
        MonthLine(since, figures, expected.met(figures))
        for since, figures in sorted(told.items(), reverse=True)
    ]
    current = next((one for one in lines if one.month == this), MonthLine(this, Figures(), None))
    return ServiceLine(
        row,
        name_of(row.name),
        PURPOSES.get(row.name, ""),
        _state(row, away=row.pk in away),
        away.get(row.pk),
        current,
        [one for one in lines if one.month != this],
        plot_days({day: found[row.pk] for day, found in days.items() if row.pk in found}, today),
        expected,
    )


def _state(row: ProbedService, *, away: bool) -> Label:
    if row.heard_at is None:
        return NOT_ASKED
    if away:
        return AWAY if row.available_at is not None else NEVER
    if row.is_available:
        return AVAILABLE
    return UNSTEADY if row.available_at is not None else NEVER


def _incident(one: Incident, now: datetime) -> IncidentLine:
    where = Environment(one.service.environment)
    return IncidentLine(
        one,
        name_of(one.service.name),
        ENVIRONMENTS[where],
        where is Environment.ACCEPTANCE,
        OUTCOMES[Outcome(one.outcome)],
        (one.ended_at or now) - one.began_at,
    )
