"""The work by kind and lane: what waits and since when, what is being done, what fails and what is parked."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ehportal.metrics.registry import gather_from
from ehportal.operation.standing import Standing, standing


class Lanes(Collector):
    """Asks the rows when somebody reads the metrics; costs what a worker's look costs, once a kind."""

    def collect(self) -> Iterable[Metric]:
        """Yield a gauge for each figure, labelled by lane and kind; ages in seconds."""
        labels = ["lane", "kind"]
        rows, now = standing(), datetime.now(UTC)
        figures: dict[str, tuple[str, Callable[[Standing], float]]] = {
            "due": ("Rows that wait for a worker.", lambda row: row.due),
            "oldest_seconds": ("For how long the first of them has been due.", lambda row: row.age(now)),
            "leased": ("Rows that a worker is at.", lambda row: row.leased),
            "failing": ("Rows whose last step failed and is tried again.", lambda row: row.failing),
            "parked": ("Rows that nobody tries any more.", lambda row: row.parked),
        }
        for name, (words, figure) in figures.items():
            family = GaugeMetricFamily(f"ehportal_work_{name}", words, labels=labels)
            for row in rows:
                family.add_metric([row.kind.lane.value, row.kind.name], figure(row))
            yield family


gather_from(Lanes())
