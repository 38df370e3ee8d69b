"""What an organisation expects of the government's services: the platform publishes no figure of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from certificates.domain.watch.probes import Week
from certificates.errors.probes import TargetsRefused
from certificates.models import ServiceTargets
from certificates.services.probes.services import SERVICES
from organisations.models import Organisation
from organisations.services.audit import Actor, record

MOST_MILLISECONDS = 60_000
Target = tuple[Decimal | None, int | None]
"""Percent of the calls, and milliseconds for 95 of 100; None where it is as for all services."""
NONE: Mapping[str, Target] = {}


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
    of_services: Mapping[str, Target] = NONE,
) -> ServiceTargets:
    """Keep what is expected of all services, of single ones, and in which hours of the week. Raises TargetsRefused."""
    own = {
        name: target for name, target in of_services.items() if name in SERVICES and target != (None, None)
    }
    for suffix, (share, most) in {
        "": (percent, milliseconds),
        **{f"_{name}": one for name, one in own.items()},
    }.items():
        if share is not None and not 0 < share <= 100:
            raise TargetsRefused(field=f"percent{suffix}")
        if most is not None and not 0 < most <= MOST_MILLISECONDS:
            raise TargetsRefused(field=f"milliseconds{suffix}")
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
        "of_services": {name: _written(*one) for name, one in own.items()},
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
        **({"services": sorted(own)} if own else {}),
    )
    return targets


def _written(percent: Decimal | None, milliseconds: int | None) -> dict[str, object]:
    return {"percent": None if percent is None else str(percent), "milliseconds": milliseconds}
