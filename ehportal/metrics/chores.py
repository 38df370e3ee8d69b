"""Chores of the platform: when each last came to its end, and how long it took."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ehportal.metrics.registry import gather_from
from organisations.models import Chore


class Chores(Collector):
    """Reads their rows when somebody reads the metrics."""

    def collect(self) -> Iterable[Metric]:
        """Yield the moment (Unix seconds) and the seconds of the last run that came to its end, by chore."""
        last = GaugeMetricFamily(
            "ehportal_chore_done_timestamp_seconds", "When the chore last came to its end.", labels=["chore"]
        )
        took = GaugeMetricFamily("ehportal_chore_seconds", "How long that took.", labels=["chore"])
        for chore in Chore.objects.filter(done_at__isnull=False).order_by("name"):
            if chore.done_at is not None:
                last.add_metric([chore.name], chore.done_at.timestamp())
            if chore.took_seconds is not None:
                took.add_metric([chore.name], chore.took_seconds)
        yield last
        yield took


gather_from(Chores())
