"""Noting what became of a call, and the incidents that follow from it: they open and close by themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import F

from certificates.certra.hearing import Heard
from certificates.domain.watch.probes import AVAILABLE, INCIDENT_AFTER, Outcome
from certificates.models import Incident, Maintenance, ProbedService, ServiceCall
from certificates.services.probes.judge import MOST_SAID, judge, judge_fetch
from certificates.services.probes.services import fetched_from, found_at
from organisations.domain.work import Lane
from organisations.services.work.wakes import wake_on_commit
from outside.errors import CallFailed

log = structlog.get_logger(__name__)
WAITED_FOR = frozenset({"certra"})
"""The services by whose answer the work goes on that is brought forward when one is back."""
_probing: ContextVar[bool] = ContextVar("a probe is made, and nobody's work", default=False)


@contextmanager
def probing() -> Iterator[None]:
    """Let the calls of the block count as probes."""
    token = _probing.set(True)
    try:
        yield
    finally:
        _probing.reset(token)


def hear(heard: Heard) -> None:
    """Note a call that work or a probe made (`certra.hearing`). Whatever fails here changes nothing for the work."""
    try:
        found, judged = found_at(heard.address), judge(heard)
        if found is not None and judged is not None:
            note(*found, *judged, seconds=heard.seconds)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # the answer is the work's: it must not be lost for what we make of it
        log.warning("call_not_noted", service=heard.service, error=type(error).__name__)


def hear_fetch(address: str, status: int, failure: CallFailed | None, seconds: float) -> None:
    """Note that work fetched a list or an answer of an authority (`trust.calls`). What fails here changes nothing."""
    try:
        found, judged = fetched_from(address), judge_fetch(status, failure)
        if found is not None and judged is not None:
            note(*found, *judged, seconds=seconds)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # as above
        log.warning("call_not_noted", service="authority", error=type(error).__name__)


def note(name: str, environment: str, outcome: Outcome, said: str, *, seconds: float) -> None:
    """Write down what became of one call, by the database's clock; a service that has no row yet is not followed.

    From `INCIDENT_AFTER` failures in a row on it is an incident, which began with the first; the first answer ends it,
    and what waited for want of an answer goes on within seconds. That holds for one that never answered here too: its
    address may be wrong, and somebody must hear of it. What happens while maintenance was announced counts apart and
    opens none. The row is locked meanwhile.
    """
    with transaction.atomic():
        row = (
            ProbedService.objects.select_for_update(of=("self",))
            .filter(name=name, environment=environment)
            .first()
        )
        if row is None:
            return
        now, took = _now(), min(round(seconds * 1000), 2**31 - 1)
        planned = Maintenance.objects.of(row).at(now).exists()
        ServiceCall.objects.create(
            service=row,
            at=now,
            probe=_probing.get(),
            outcome=outcome.value,
            milliseconds=took,
            planned=planned,
        )
        fields = {"outcome": outcome.value, "said": said[:MOST_SAID], "heard_at": now, "milliseconds": took}
        rows = ProbedService.objects.filter(pk=row.pk)
        if outcome in AVAILABLE:
            rows.update(**fields, available_at=now, failed=0, failing_since=None, answers=F("answers") + 1)
            _close(row, now)
            return
        if planned:
            rows.update(**fields)
            return
        since = row.failing_since or now
        rows.update(**fields, failed=row.failed + 1, failing_since=since, failures=F("failures") + 1)
        if row.failed + 1 >= INCIDENT_AFTER:
            _open(row, since, now, outcome, said)


def _open(row: ProbedService, since: datetime, now: datetime, outcome: Outcome, said: str) -> None:
    if Incident.objects.filter(service=row, ended_at=None).exists():
        return
    Incident.objects.create(
        service=row, began_at=since, noticed_at=now, outcome=outcome.value, said=said[:MOST_SAID]
    )
    log.warning("service_away", service=row.name, environment=row.environment, outcome=outcome.value)


def _close(row: ProbedService, now: datetime) -> None:
    if not Incident.objects.filter(service=row, ended_at=None).update(ended_at=now):
        return
    if row.name not in WAITED_FOR:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehportal_go_on(%s)", [row.environment])
        [waited] = cursor.fetchone()
    log.info("service_back", service=row.name, environment=row.environment, going_on=waited)
    for lane in (Lane.ASKED, Lane.SUBMISSIONS, Lane.STATUS):
        wake_on_commit(lane)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    assert isinstance(now, datetime)  # noqa: S101  # PostgreSQL's
    return now
