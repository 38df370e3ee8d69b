"""How the government's services do: now, month by month in the hours that count, day by day, and the incidents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from agent.wire.days import BRUSSELS, belgian_day
from certificates.domain.lifecycle import Environment
from certificates.domain.watch.probes import BOUNDS, Week, holidays, percentile
from certificates.models import Incident, Maintenance, ProbedService, ServiceTargets
from organisations.models import Organisation

MONTHS = 6
"""This month and those before it that are told."""
DAYS = 30
"""Days of the plot."""


@dataclass(frozen=True)
class Figures:
    """What became of the calls of one service in a time."""

    calls: int = 0
    available: int = 0
    latencies: tuple[int, ...] = field(default=(), repr=False)
    planned: int = 0
    planned_available: int = 0
    """Calls while maintenance was announced, and those of them that were answered: they stand among no others."""

    @property
    def percent(self) -> float | None:
        """Of the calls that found it available, rounded down so that less than all is never told as all."""
        return int(10_000 * self.available / self.calls) / 100 if self.calls else None

    @property
    def half(self) -> int | None:
        """In how many milliseconds half of the calls were answered."""
        return percentile(self.latencies, 0.5)

    @property
    def most(self) -> int | None:
        """In how many milliseconds 95 of 100 were."""
        return percentile(self.latencies, 0.95)


ALWAYS = Week()


@dataclass(frozen=True)
class Expected:
    """What an organisation expects; without a row of its own nothing, in all hours."""

    percent: float | None = None
    milliseconds: int | None = None
    week: Week = ALWAYS
    without_holidays: bool = False
    of_services: Mapping[str, tuple[float | None, int | None]] = field(default_factory=dict)
    """What is expected of single services, by name; None where it is as for all."""

    def of(self, name: str) -> "Expected":
        """Return what is expected of one service."""
        percent, milliseconds = self.of_services.get(name, (None, None))
        return replace(
            self,
            percent=self.percent if percent is None else percent,
            milliseconds=self.milliseconds if milliseconds is None else milliseconds,
        )

    def met(self, figures: Figures) -> bool | None:
        """True where the figures are as good as expected; None where nothing is expected, or nothing known."""
        said = [
            figures.percent >= self.percent
            if self.percent is not None and figures.percent is not None
            else None,
            figures.most <= self.milliseconds
            if self.milliseconds is not None and figures.most is not None
            else None,
        ]
        known = [one for one in said if one is not None]
        return all(known) if known else None


def expected_by(organisation: Organisation) -> Expected:
    """Return what an organisation expects of the services."""
    row = ServiceTargets.objects.filter(organisation=organisation).first()
    if row is None:
        return Expected()
    days = tuple(None if one is None else (int(one[0]), int(one[1])) for one in row.week)
    percent = None if row.percent is None else float(row.percent)
    own = {
        name: (None if one["percent"] is None else float(one["percent"]), one["milliseconds"])
        for name, one in row.of_services.items()
    }
    return Expected(percent, row.milliseconds, Week(days), row.without_holidays, own)


def services_followed() -> list[ProbedService]:
    """Return the services that are asked, those of production first, in the order of their names."""
    rows = list(ProbedService.objects.filter(next_attempt_at__isnull=False))
    return sorted(rows, key=lambda one: (one.environment != Environment.PRODUCTION, one.name))


def open_incidents(*environments: str) -> list[Incident]:
    """Return what is away now, of these environments or of all, the longest first; one query."""
    rows = Incident.objects.filter(ended_at=None).select_related("service")
    if environments:
        rows = rows.filter(service__environment__in=environments)
    return list(rows.order_by("began_at", "pk"))


def incidents_since(moment: datetime, *, most: int = 50) -> list[Incident]:
    """Return the incidents that are open or ended since, the latest first."""
    rows = Incident.objects.filter(Q(ended_at=None) | Q(ended_at__gte=moment)).select_related("service")
    return list(rows[:most])


def maintenance_since(moment: datetime) -> list[Maintenance]:
    """Return the announced times of maintenance that end after a moment, the first to begin first."""
    return list(Maintenance.objects.filter(ends_at__gt=moment))


def months(now: datetime, expected: Expected) -> dict[date, dict[object, Figures]]:
    """Return the figures of the last months by first day and service, in the hours that count; one query."""
    first = belgian_day(now).replace(day=1)
    for _one in range(MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    return _figures("month", first, expected)


def days(now: datetime) -> dict[date, dict[object, Figures]]:
    """Return the figures of the last days by day and service, in all hours; one query."""
    return _figures("day", belgian_day(now) - timedelta(days=DAYS - 1), Expected())


def _figures(unit: str, first: date, expected: Expected) -> dict[date, dict[object, Figures]]:
    sums = ", ".join(f"sum(latencies[{number + 1}])" for number in range(len(BOUNDS) + 1))
    query = f"""
        SELECT date_trunc('{unit}', local)::date, service_id, sum(calls), sum(available), sum(planned_calls),
            sum(planned_available), {sums}
        FROM (SELECT *, hour AT TIME ZONE 'Europe/Brussels' AS local FROM certificates_servicehour
              WHERE hour >= %(first)s) AS hours
        WHERE ((extract(isodow FROM local) - 1) * 24 + extract(hour FROM local))::integer = ANY (%(hours)s)
            AND NOT local::date = ANY (%(off)s)
        GROUP BY 1, 2 ORDER BY 1 DESC"""  # noqa: S608  # numbers and names of ours
    off = _holidays_since(first) if expected.without_holidays else []
    told: dict[str, Any] = {
        "first": datetime.combine(first, time(), BRUSSELS),
        "hours": expected.week.hours(),
        "off": off,
    }
    found: dict[date, dict[object, Figures]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, told)
        for since, service, calls, available, planned, answered, *latencies in cursor.fetchall():
            told_of = tuple(int(one or 0) for one in latencies)
            found.setdefault(since, {})[service] = Figures(
                int(calls), int(available), told_of, int(planned), int(answered)
            )
    return found


def _holidays_since(first: date) -> list[date]:
    years: Iterable[int] = range(first.year, first.year + 2)
    return [day for year in years for day in holidays(year)]
