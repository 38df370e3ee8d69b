"""Maintenance that the platform announced: an operator writes it down ahead, and ends it where it is over sooner."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from certificates.domain.lifecycle import Environment
from certificates.errors.probes import MaintenanceRefused
from certificates.models import Maintenance
from certificates.services.probes.services import SERVICES

LONGEST = timedelta(days=7)
AHEAD = timedelta(days=400)
log = structlog.get_logger(__name__)


def announce_maintenance(
    environment: Environment,
    name: str,
    *,
    begins_at: datetime,
    ends_at: datetime,
    said: str,
    noted_by: str,
    now: datetime,
) -> Maintenance:
    """Write down when a service, or all with an empty `name`, may be away. Raises MaintenanceRefused.

    What has passed is not changed: a time counts apart from when it is written down.
    """
    if name and name not in SERVICES:
        raise MaintenanceRefused(field="name")
    if begins_at > now + AHEAD or not begins_at < ends_at <= begins_at + LONGEST or ends_at <= now:
        raise MaintenanceRefused(field="ends_at")
    made = Maintenance.objects.create(
        environment=environment,
        name=name,
        begins_at=begins_at,
        ends_at=ends_at,
        said=" ".join(said.split())[:200],
        noted_by=noted_by[:200],
        noted_at=now,
    )
    log.info("maintenance_announced", service=name or "all", environment=environment, by=noted_by)
    return made


@transaction.atomic
def end_maintenance(maintenance_id: UUID, *, noted_by: str, now: datetime) -> bool:
    """Let calls count again from now on, or forget what has not begun; False where it is over already."""
    row = Maintenance.objects.select_for_update().filter(pk=maintenance_id, ends_at__gt=now).first()
    if row is None:
        return False
    if row.begins_at >= now:
        row.delete()
    else:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
    log.info("maintenance_ended", service=row.name or "all", environment=row.environment, by=noted_by)
    return True
