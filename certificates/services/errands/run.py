"""What a worker does with an errand: make the call, and keep what came of it for who waits."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import DurationField, Value
from django.db.models.functions import Now

from certificates.models.errand import Errand, ErrandKind
from certificates.services.errands.ask import PATIENCE, Answer, answered, refused
from organisations.errors import DomainError
from organisations.models import Device, User
from organisations.sealing import unseal
from organisations.services.audit import Actor
from organisations.services.work.deadlocks import write_down
from organisations.services.work.kinds import Step
from organisations.tenancy import acting_for


@dataclass(frozen=True)
class Asked:
    """An errand as it is done: for whom, and with what."""

    organisation: UUID
    parameters: Mapping[str, str] = field(repr=False)
    user: UUID | None
    device: UUID | None

    @property
    def workstation(self) -> Device:
        """The workstation that waits; raises LookupError where a member does."""
        if self.device is None:
            raise LookupError("no workstation asked for it")
        return Device.objects.get(pk=self.device)

    @property
    def actor(self) -> Actor:
        """Who asked, as the record names it."""
        if self.user is not None:
            return Actor.user(User.objects.get(pk=self.user))
        return Actor.device(self.workstation)


Doing = Callable[[Asked, datetime], Answer]
"""Makes the call, outside transactions, and returns a JSON object; safe to do twice. Raises DomainError."""


def runner(doings: Mapping[ErrandKind, Doing]) -> Step:
    """Return the step of a claimed errand: do it as `doings` say, and keep the answer or the refusal."""

    def run(organisation_id: UUID, errand_id: UUID, /, *, now: datetime) -> None:
        with acting_for([organisation_id], as_platform=True):
            # Whoever ordered longer ago was told that nothing came of it, or has gone.
            since = Now() - Value(PATIENCE, output_field=DurationField())
            rows = Errand.objects.filter(pk=errand_id)
            rows.filter(asked_at__lt=since).delete()
            errand = rows.first()
            if errand is None or errand.sealed_parameters is None:
                rows.update(next_attempt_at=None)
                return
        parameters = json.loads(unseal(errand.sealed_parameters))
        asked = Asked(organisation_id, parameters, errand.private_to_id, errand.device_id)
        try:
            kept = answered(doings[ErrandKind(errand.kind)](asked, now))
        except DomainError as refusal:
            kept = refused(refusal)
        write_down(
            [organisation_id],
            lambda: rows.update(sealed_answer=kept, sealed_parameters=None, next_attempt_at=None),
        )

    return run
