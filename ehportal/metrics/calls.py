"""Calls that left the house, of all processes on all machines: by host, how they ended, and how long they took.

Most are made by workers, which nobody can ask: each process adds what it counted to shared rows every few seconds, and
`/metrics` reads those. So every web server of an installation tells the same figures.
"""

import atexit
import math
import os
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

import structlog
from celery import signals
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.signals import request_finished
from django.db import connection
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from ehportal.metrics.registry import gather_from
from organisations.models import CallTally
from outside.circuits import Outcome, watch_calls
from outside.deadline import elapsed
from outside.http import host_of

EVERY = 5.0
"""Seconds after which a process writes down what it counted; one that is killed takes so much with it."""
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, math.inf)
OTHER = "other"
"""All hosts that nobody configured, such as those that certificates name."""
WORDS = {
    Outcome.ANSWERED: "ok",
    Outcome.LATE: "timeout",
    Outcome.REFUSED: "refused",
    Outcome.UNREACHABLE: "unreachable",
    Outcome.BROKEN: "broken",
    Outcome.RESTING: "circuit_open",
}
_ADD = """
    INSERT INTO organisations_calltally AS known (id, host, outcome, up_to, count, seconds)
    SELECT gen_random_uuid(), added.* FROM unnest(%s::text[], %s::text[], %s::float8[], %s::bigint[], %s::float8[])
        AS added (host, outcome, up_to, count, seconds) ORDER BY 2, 3, 4
    ON CONFLICT (host, outcome, up_to) DO UPDATE
        SET count = known.count + excluded.count, seconds = known.seconds + excluded.seconds
"""
_Row = tuple[str, str, float]

log = structlog.get_logger("ehportal.metrics")


class Tally:
    """What this process counted and has not written down yet."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: what was counted before a fork is the parent's to write."""
        self._lock = threading.Lock()
        self._counts: Counter[_Row] = Counter()
        self._seconds: defaultdict[_Row, float] = defaultdict(float)
        self._written = -EVERY

    def count(self, host: str, outcome: Outcome, seconds: float) -> None:
        """Count one call."""
        name = host if host in configured_hosts() else OTHER
        row = name, WORDS[outcome], next(bound for bound in BOUNDS if seconds <= bound)
        with self._lock:
            self._counts[row] += 1
            self._seconds[row] += seconds
        # A thread that has no connection to the database gets none for this.
        if connection.connection is not None:
            self.write_now_and_then()

    def write_now_and_then(self, **_: object) -> None:
        """Write down what was counted, unless that was done a moment ago, or a transaction is open."""
        if self._counts and elapsed() - self._written >= EVERY and not connection.in_atomic_block:
            self.write()

    def write(self, **_: object) -> None:
        """Add what was counted to the shared rows. Whatever fails here stops nobody: it is added the next time."""
        try:
            self._add()
        except SoftTimeLimitExceeded:
            raise  # the task's time is over, whatever it is at
        except Exception as error:
            log.warning("calls_not_written", error=type(error).__name__)

    def write_last(self) -> None:
        """Add what was counted when the process ends: nobody hears any more that it failed."""
        with suppress(Exception):
            self._add()

    def _add(self) -> None:
        with self._lock:
            counts, seconds = self._counts, self._seconds
            if not counts:
                return
            self._counts, self._seconds, self._written = Counter(), defaultdict(float), elapsed()
        rows = list(counts)
        columns = [list(column) for column in zip(*rows, strict=True)]
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    _ADD, [*columns, [counts[row] for row in rows], [seconds[row] for row in rows]]
                )
        except Exception:
            with self._lock:
                self._counts.update(counts)
                for row, took in seconds.items():
                    self._seconds[row] += took
            raise


class Calls(Collector):
    """Reads the shared rows when somebody reads the metrics, with what this process has still to write."""

    def collect(self) -> Iterable[Metric]:
        """Yield calls by host and outcome, and a histogram of seconds by host; what was not made took no time."""
        tally.write_now_and_then()
        ended: Counter[tuple[str, str]] = Counter()
        within: dict[str, Counter[float]] = defaultdict(Counter)
        took: defaultdict[str, float] = defaultdict(float)
        rows = CallTally.objects.values_list("host", "outcome", "up_to", "count", "seconds")
        for host, outcome, up_to, count, seconds in rows:
            ended[host, outcome] += count
            if outcome != WORDS[Outcome.RESTING]:
                within[host][up_to] += count
                took[host] += seconds
        calls = CounterMetricFamily(
            "ehportal_calls",
            "Calls that left the house, by host and how they ended.",
            labels=["host", "outcome"],
        )
        for (host, outcome), count in sorted(ended.items()):
            calls.add_metric([host, outcome], count)
        yield calls
        lasted = HistogramMetricFamily(
            "ehportal_call_seconds", "How long calls that were made took.", labels=["host"]
        )
        for host, counts in sorted(within.items()):
            lasted.add_metric([host], _cumulative(counts), took[host])
        yield lasted


def _cumulative(counts: Counter[float]) -> list[tuple[str, float]]:
    """Return Prometheus's buckets: how many took up to so long, the shorter ones among them."""
    buckets, total = [], 0
    for bound in sorted({*BOUNDS, *counts}):
        total += counts[bound]
        buckets.append((floatToGoString(bound), float(total)))
    return buckets


def configured_hosts() -> set[str]:
    """Return the hosts that an operator configured, with their ports as circuits name them."""
    found = set()
    for address in settings.CERTRA_ENDPOINTS.values():
        with suppress(ValueError):  # the checks say so
            found.add(host_of(address))
    if settings.EMAIL_HOST:
        found.add(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")
    mailbox = urlsplit(settings.BOUNCE_IMAP_URL)
    if mailbox.hostname:
        found.add(f"{mailbox.hostname}:{mailbox.port or (993 if mailbox.scheme == 'imaps' else 143)}")
    return found


tally = Tally()
watch_calls(tally.count)
gather_from(Calls())
os.register_at_fork(after_in_child=tally.forget)
request_finished.connect(tally.write_now_and_then, dispatch_uid="ehportal.metrics.calls")
signals.task_postrun.connect(tally.write_now_and_then, dispatch_uid="ehportal.metrics.calls")
signals.worker_process_shutdown.connect(tally.write, dispatch_uid="ehportal.metrics.calls")
atexit.register(tally.write_last)
