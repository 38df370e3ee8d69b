"""Asking one service whether it is there: what a worker does with its row, every few minutes."""

import random
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.functions import Now

from certificates.certra.errors import CertraError
from certificates.domain.watch.probes import EVERY, JITTER, Outcome
from certificates.models import ProbedService
from certificates.services.probes.judge import judge_failure, judge_status
from certificates.services.probes.note import note, probing
from certificates.services.probes.services import SECONDS, SERVICES, Probed, configured, fetch
from organisations.services.work.claims import plan_next
from outside.circuits import rest_of
from outside.deadline import elapsed, within
from outside.errors import CallFailed, Resting
from outside.http import host_of

SOONER = timedelta(minutes=1)
"""While it is away it is asked a little more often: everybody waits for it."""


def plan_services(now: datetime) -> int:
    """Make a row for each configured service that has none, and ask again those that were not; return how many."""
    there = configured()
    known = {(one.name, one.environment): one for one in ProbedService.objects.all()}
    new = [ProbedService(name=name, environment=where) for name, where in there if (name, where) not in known]
    ProbedService.objects.bulk_create(new, ignore_conflicts=True)
    resting = [row.pk for key, row in known.items() if row.next_attempt_at is None and key in there]
    return len(new) + ProbedService.objects.filter(pk__in=resting).update(next_attempt_at=Now())


def ask_service(_organisation: UUID, service_id: UUID, /, *, now: datetime) -> None:
    """Make the harmless call of one service and plan the next. Call outside transactions; safe to run twice.

    While its host rests (`outside.circuits`) nobody calls it: it is asked when the host may be tried again.
    """
    row = ProbedService.objects.get(pk=service_id)
    service = SERVICES.get(row.name)
    address = service.address_in(row.environment) if service is not None else ""
    if service is None or not address:
        plan_next(ProbedService, row.pk, None, now)
        return
    rest = rest_of(host_of(address))
    if rest is not None:
        plan_next(ProbedService, row.pk, max(rest.until, now) + _spread(SOONER / 6), now)
        return
    with probing(), within(SECONDS):
        _ask(row, service, address)
    row.refresh_from_db(fields=["outcome"])
    plan_next(ProbedService, row.pk, now + _spread(EVERY if row.is_available else SOONER), now)


def _ask(row: ProbedService, service: Probed, address: str) -> None:
    """Make the call; what a SOAP service says of itself is heard where all calls are."""
    if service.ask is not None:
        with suppress(CertraError):
            service.ask(row.environment)
        return
    began = elapsed()
    try:
        judged = judge_status(fetch(address), default=Outcome.ANSWERED)
        judged = judged if judged[0] is not Outcome.ANSWERED else (Outcome.ANSWERED, "")
    except Resting:
        return
    except CallFailed as error:
        found = judge_failure(error, str(error))
        if found is None:
            return
        judged = found
    note(row.name, row.environment, *judged, seconds=elapsed() - began)


def _spread(pause: timedelta) -> timedelta:
    """Return about so long, so that services are not asked all at once, nor by all installations."""
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # nobody gains by guessing it
