"""What ends when: certificates of the whole installation by environment, kind, standing, and how soon they end."""

from collections.abc import Iterable
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from certificates.models import EndFigure
from ehportal.metrics.registry import gather_from

LABELS = ["environment", "kind", "standing"]


class Ends(Collector):
    """Reads the figures that a chore counts every few minutes, when somebody reads the metrics."""

    def collect(self) -> Iterable[Metric]:
        """Yield how many there are in each bucket, and in how many seconds the first one's day begins."""
        counts = GaugeMetricFamily(
            "ehportal_certificates",
            "Certificates by how soon they end: ended, or within so many Belgian days (1, 7, 30, 90, later).",
            labels=[*LABELS, "ends"],
        )
        first = GaugeMetricFamily(
            "ehportal_certificates_next_end_seconds",
            "In how many seconds the day begins on which the next of them ends; negative on that day.",
            labels=LABELS,
        )
        soonest: dict[tuple[str, str, str], datetime] = {}
        for one in EndFigure.objects.order_by("environment", "kind", "standing", "ends"):
            key = (one.environment, one.kind, one.standing)
            counts.add_metric([*key, one.ends], one.number)
            if one.ends != "ended":
                soonest[key] = min(soonest.get(key, one.first_end), one.first_end)
        now = datetime.now(UTC)
        for key, end in soonest.items():
            first.add_metric(list(key), (end - now).total_seconds())
        yield counts
        yield first


gather_from(Ends())
