"""The government's services: whether each is there, what became of the calls to it, and since when it is away."""

from collections.abc import Iterable
from datetime import UTC, datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from certificates.models import Incident, ProbedService
from ehportal.metrics.registry import gather_from

LABELS = ["service", "environment"]


class Services(Collector):
    """Reads their rows when somebody reads the metrics."""

    def collect(self) -> Iterable[Metric]:
        """Yield, by service and environment: available or not, answers so far, the last latency, the open incident."""
        there = GaugeMetricFamily(
            "ehportal_service_available", "1 where the last call found it available.", labels=LABELS
        )
        took = GaugeMetricFamily(
            "ehportal_service_seconds", "How long the last call to it took.", labels=LABELS
        )
        ended = CounterMetricFamily(
            "ehportal_service_calls",
            "Calls to it, probes and work: available or unavailable.",
            labels=[*LABELS, "outcome"],
        )
        for one in ProbedService.objects.filter(next_attempt_at__isnull=False, heard_at__isnull=False):
            key = [one.name, one.environment]
            there.add_metric(key, float(one.is_available))
            took.add_metric(key, (one.milliseconds or 0) / 1000)
            ended.add_metric([*key, "available"], one.answers)
            ended.add_metric([*key, "unavailable"], one.failures)
        away = GaugeMetricFamily(
            "ehportal_service_incident_seconds", "For how long it has been away.", labels=LABELS
        )
        now = datetime.now(UTC)
        for incident in Incident.objects.filter(ended_at=None).select_related("service"):
            key = [incident.service.name, incident.service.environment]
            away.add_metric(key, (now - incident.began_at).total_seconds())
        yield from (there, took, ended, away)


gather_from(Services())
