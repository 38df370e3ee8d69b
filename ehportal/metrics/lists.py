"""Revocation lists that are kept for all: how many, whether their successors are late, and when the next one ends."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from certificates.models import RevocationList
from certificates.services.status.renew_lists import ending
from ehportal.metrics.registry import gather_from


class Lists(Collector):
    """Asks the rows when somebody reads the metrics; lists that nobody uses any more do not count."""

    def collect(self) -> Iterable[Metric]:
        """Yield how many lists there are by their standing, and in how many seconds the first one ends."""
        used = RevocationList.objects.filter(next_attempt_at__isnull=False)
        over = Q(next_update__lte=Now())
        counted = used.aggregate(
            total=Count("id"),
            over=Count("id", filter=over),
            ending=Count("id", filter=ending() & ~over),
            first=Min("next_update"),
        )
        family = GaugeMetricFamily(
            "ehportal_revocation_lists",
            "Revocation lists that are in use: current, ending (the next one is late) or over.",
            labels=["standing"],
        )
        family.add_metric(["current"], counted["total"] - counted["over"] - counted["ending"])
        family.add_metric(["ending"], counted["ending"])
        family.add_metric(["over"], counted["over"])
        yield family
        first = GaugeMetricFamily(
            "ehportal_revocation_list_ends_seconds", "In how many seconds the first of them ends.", labels=[]
        )
        if counted["first"] is not None:
            first.add_metric([], (counted["first"] - datetime.now(UTC)).total_seconds())
        yield first


gather_from(Lists())
