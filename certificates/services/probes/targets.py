"""What an organisation expects of the government's services: the platform publishes no figure of its own."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from certificates.domain.watch.probes import Week
from certificates.errors.probes import TargetsRefused
from certificates.models import ServiceTargets
from organisations.models import Organisation
from organisations.services.audit import Actor, record

MOST_MILLISECONDS = 60_000


@transaction.atomic
def set_targets(
    organisation: Organisation,
    *,
    percent: Decimal | None,
    milliseconds: int | None,
    days: Sequence[tuple[int, int] | None],
    without_holidays: bool,
    actor: Actor,
    now: datetime,
) -> ServiceTargets:
    """Keep what is expected, and in which hours of the week. Raises TargetsRefused."""
    if percent is not None and not 0 < percent <= 100:
        raise TargetsRefused(field="percent")
    if milliseconds is not None and not 0 < milliseconds <= MOST_MILLISECONDS:
        raise TargetsRefused(field="milliseconds")
    try:
        week = Week(tuple(days))
    except ValueError as error:
        raise TargetsRefused(field="week") from error
    if not week.hours():
        raise TargetsRefused(field="week")
    kept = {
        "percent": percent,
        "milliseconds": milliseconds,
        "week": [None if one is None else list(one) for one in week.days],
        "without_holidays": without_holidays,
    }
    targets, _new = ServiceTargets.objects.update_or_create(organisation=organisation, defaults=kept)
    record(
        organisation,
        "service_targets_set",
        organisation,
        actor=actor,
        now=now,
        percent=None if percent is None else str(percent),
        milliseconds=milliseconds,
    )
    return targets
