"""The platform's trusted lists: whether what comes is refused, and when the version that counts is over."""

from collections.abc import Iterable
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from certificates.models import ListOperator
from certificates.selectors.trusted import watched_lists
from ehportal.metrics.registry import gather_from

LABELS = ["environment", "list"]


class TrustedLists(Collector):
    """Asks the rows when somebody reads the metrics."""

    def collect(self) -> Iterable[Metric]:
        """Yield for each list whether it is refused and in how many seconds it is over; and who waits for a yes."""
        now = datetime.now(UTC)
        refused = GaugeMetricFamily(
            "ehportal_trusted_list_refused", "1 where what came last was not taken.", labels=LABELS
        )
        ends = GaugeMetricFamily(
            "ehportal_trusted_list_ends_seconds",
            "In how many seconds the next version should be there.",
            labels=LABELS,
        )
        for watched in watched_lists():
            which = [watched.environment, watched.kind]
            refused.add_metric(which, 1 if watched.refusal else 0)
            if watched.current is not None and watched.current.next_update is not None:
                ends.add_metric(which, (watched.current.next_update - now).total_seconds())
        waiting = GaugeMetricFamily(
            "ehportal_trusted_list_operators_waiting",
            "Operators that a verified list announced and about whom nobody has decided.",
            labels=[],
        )
        waiting.add_metric([], ListOperator.objects.filter(accepted_at=None, declined_at=None).count())
        yield from (refused, ends, waiting)


gather_from(TrustedLists())
