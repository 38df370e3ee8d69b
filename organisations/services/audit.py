"""Writing the record: one row an event, in the caller's transaction, without any lock.

`record` must be called inside the transaction that changes the subject, so that neither exists without the other.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db import models

from organisations.access import Tenancy
from organisations.domain.identifiers import mask_ssins
from organisations.models import AuditEvent, Connection, Device, Organisation, User

LEAF = b"\x00"
"""Domain separation of a leaf in the hash tree (RFC 6962 2.1)."""


@dataclass(frozen=True)
class Actor:
    """Who did it: a member, a holder's workstation, a connection, another organisation, or who runs the platform."""

    type: str
    id: UUID | None
    name: str

    @classmethod
    def of(cls, tenancy: Tenancy) -> "Actor":
        """Return the signed-in member of a request as actor."""
        return cls("user", tenancy.user.pk, tenancy.user.full_name)

    @classmethod
    def user(cls, user: User) -> "Actor":
        """Return a user outside a request as actor."""
        return cls("user", user.pk, user.full_name)

    @classmethod
    def device(cls, device: Device) -> "Actor":
        """Return an enrolled workstation as actor, named after its holder."""
        return cls("device", device.pk, f"{' '.join(device.holder_first_names)} {device.holder_name}")

    @classmethod
    def connection(cls, connection: Connection) -> "Actor":
        """A system of the organisation, by the name that its administrators gave it."""
        return cls("connection", connection.pk, connection.name)

    @classmethod
    def organisation(cls, organisation: Organisation) -> "Actor":
        """Another organisation, named as a whole: who in it did it stands in its own record."""
        return cls("organisation", organisation.pk, organisation.name)

    @classmethod
    def operator(cls, name: str) -> "Actor":
        """Somebody who runs the platform, by the name given at the command."""
        return cls("operator", None, name)

    @classmethod
    def platform(cls) -> "Actor":
        """Return the platform, acting by itself."""
        return cls("platform", None, "ehportal")


def canonical(fields: dict[str, object]) -> bytes:
    """Return the one JSON form of an event: sorted keys, no spaces, UTF-8."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _without_numbers(value: object) -> object:
    """Mask national numbers: people write them into free text, and nothing can be taken out of the record again."""
    if isinstance(value, str):
        return mask_ssins(value)
    return [_without_numbers(one) for one in value] if isinstance(value, list) else value


def record(
    organisation: Organisation | UUID,
    action: str,
    subject: models.Model,
    *,
    actor: Actor,
    now: datetime,
    **details: object,
) -> AuditEvent:
    """Insert one event about `subject`, in the caller's transaction; a national number in `details` is masked.

    An event about something that is private to a user is private to the same user.
    """
    written = event(organisation, action, subject, actor=actor, now=now, **details)
    written.save(force_insert=True)
    return written


def record_all(events: Iterable[AuditEvent]) -> None:
    """Insert many events (`event`) in the caller's transaction, some hundreds a statement."""
    AuditEvent.objects.bulk_create(events, batch_size=500)


def event(
    organisation: Organisation | UUID,
    action: str,
    subject: models.Model,
    *,
    actor: Actor,
    now: datetime,
    **details: object,
) -> AuditEvent:
    """Return an event as `record` inserts it, for `record_all`."""
    details = {name: _without_numbers(value) for name, value in details.items()}
    organisation_id = organisation.pk if isinstance(organisation, Organisation) else organisation
    subject_type = subject._meta.model_name or ""
    event_id = uuid4()
    content = canonical(
        {
            "id": str(event_id),
            "organisation": str(organisation_id),
            "happened_at": now.astimezone(UTC).isoformat(timespec="microseconds"),
            "action": action,
            "subject": {"type": subject_type, "id": str(subject.pk)},
            "actor": {"type": actor.type, "id": str(actor.id) if actor.id else None, "name": actor.name},
            "details": details,
        }
    )
    return AuditEvent(
        id=event_id,
        organisation_id=organisation_id,
        happened_at=now,
        action=action,
        subject_type=subject_type,
        subject_id=subject.pk,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        details=details,
        content=content,
        leaf_hash=hashlib.sha256(LEAF + content).digest(),
        private_to_id=getattr(subject, "private_to_id", None),
    )
