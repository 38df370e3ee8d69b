"""Where metrics are kept and gathered. A new subject declares its counters in a module of this room.

Counters are declared with `registry=KEPT`; processes of one gunicorn add theirs up through files in a folder of their
own (PROMETHEUS_MULTIPROC_DIR, operation/web.py). What is read from the database when somebody asks, such as what
waits, is a collector: it goes through `gather_from`.
"""

import os
from collections.abc import Iterable

import structlog
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from agent.wire.version import VERSION

log = structlog.get_logger("ehportal.metrics")

KEPT = CollectorRegistry(auto_describe=False)
"""What this process counted."""
_ASKED: list[Collector] = []


def gather_from(collector: Collector) -> None:
    """Ask `collector` whenever somebody reads the metrics."""
    _ASKED.append(collector)


def gathered() -> CollectorRegistry:
    """Return a registry with what all processes of this server counted, and what the collectors say now."""
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)
    else:
        registry.register(KEPT)
    registry.register(_Asked())
    return registry


class _Asked(Collector):
    """What the collectors say now; while the database does not answer, all that needs none is told."""

    def collect(self) -> Iterable[Metric]:
        """Yield everything, and how many subjects are missing."""
        missing = 0
        for collector in _ASKED:
            try:
                found = list(collector.collect())
            except DatabaseError as error:
                log.warning("metrics_missing", subject=type(collector).__name__, error=type(error).__name__)
                missing += 1
            else:
                yield from found
        yield GaugeMetricFamily(
            "ehportal_metrics_missing", "Subjects that the database was asked for in vain.", missing
        )


class _Version(Collector):
    """Which version answers, as a metric that is always 1."""

    def collect(self) -> Iterable[Metric]:
        """Yield it."""
        family = GaugeMetricFamily("ehportal_version", "The version that runs here.", labels=["version"])
        family.add_metric([VERSION], 1)
        yield family


gather_from(_Version())
