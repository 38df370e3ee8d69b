"""Services with months of figures and times in which they were away, as rows."""

from datetime import datetime, timedelta

from certificates.domain.watch.probes import BOUNDS, Outcome
from certificates.models import Incident, Maintenance, ProbedService, ServiceHour


def service(
    name: str = "certra", environment: str = "production", *, now: datetime, **fields: object
) -> ProbedService:
    """Return a service that was heard a minute ago."""
    values: dict[str, object] = {
        "outcome": Outcome.ANSWERED.value,
        "heard_at": now - timedelta(minutes=1),
        "available_at": now - timedelta(minutes=1),
        "milliseconds": 120,
        "answers": 100,
    }
    return ProbedService.objects.create(name=name, environment=environment, **(values | fields))


def hour(of: ProbedService, at: datetime, *, calls: int = 15, lost: int = 0, bucket: int = 8) -> ServiceHour:
    """Return an hour whose answered calls all lie in one bucket."""
    latencies = [0] * (len(BOUNDS) + 1)
    latencies[bucket] = calls - lost
    return ServiceHour.objects.create(
        service=of,
        hour=at.replace(minute=0, second=0, microsecond=0),
        calls=calls,
        available=calls - lost,
        latencies=latencies,
    )


def was_away(of: ProbedService, began: datetime, *, lasted: timedelta | None = None) -> Incident:
    """Return a time in which it was away; without `lasted` it is still."""
    return Incident.objects.create(
        service=of,
        began_at=began,
        noticed_at=began + timedelta(minutes=3),
        ended_at=None if lasted is None else began + lasted,
        outcome=Outcome.MISSING.value,
        said="SOA-02001 Service not available",
    )


def half_a_year(now: datetime) -> None:
    """Fill the figures of all services, with a bad day and an outage that goes on."""
    for number, name in enumerate(("certra", "etkra", "etkdepot", "sts")):
        for environment in ("production", "acceptance"):
            one = service(name, environment, now=now)
            for back in range(0, 24 * 150, 7):
                lost = 6 if name == "certra" and 24 * 9 < back < 24 * 10 else 0
                hour(one, now - timedelta(hours=back), lost=lost, bucket=7 + number)
            if name == "certra":
                was_away(one, now - timedelta(days=9, hours=12), lasted=timedelta(hours=3))
    for begins, lasts, name in ((-1, 3, "sts"), (40, 2, "")):
        Maintenance.objects.create(
            environment="production", name=name, said="Onderhoud van de tokendienst", noted_by="Kaat Op", noted_at=now,
            begins_at=now + timedelta(hours=begins), ends_at=now + timedelta(hours=begins + lasts),
        )  # fmt: skip
    ServiceHour.objects.filter(service__name="sts", service__environment="production").update(
        planned_calls=2, planned_available=1
    )
    ProbedService.objects.filter(name="etkdepot", environment="acceptance").update(
        outcome="missing", failed=5, failing_since=now - timedelta(minutes=22)
    )
    was_away(
        ProbedService.objects.get(name="etkdepot", environment="acceptance"), now - timedelta(minutes=22)
    )
