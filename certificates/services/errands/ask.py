"""Having a worker make a call outside, and hearing what came of it: once, and only who asked."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now

from certificates.errors.signing import GovernmentUnavailable
from certificates.models.errand import Errand, ErrandKind
from organisations.access import Tenancy
from organisations.domain.work import Lane
from organisations.errors import DomainError
from organisations.sealing import seal, unseal
from organisations.services.work.wakes import wake_on_commit
from organisations.tenancy import acting_for

Answer = dict[str, Any]
"""A JSON object."""

UNBEGUN = timedelta(seconds=30)
"""How long somebody waits for an errand that no worker takes up."""
PATIENCE = timedelta(seconds=settings.WORK_LEASE)
"""How long for one that a worker is at; nobody begins it anew after that."""


class ErrandOnItsWay(Exception):
    """A worker is at it, or will be; ask again in a moment. No refusal."""


class ErrandUnknown(Exception):
    """Nobody asked for it, or its answer was told before."""


@dataclass(frozen=True)
class Order:
    """What one member or one workstation wants done: whoever orders the same gets the same errand."""

    kind: ErrandKind
    organisation: UUID
    parameters: Mapping[str, str] = field(repr=False)
    user: UUID | None = None
    device: UUID | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, hex."""
        asker = [str(self.user or ""), str(self.device or "")]
        whole = [str(self.kind), str(self.organisation), *asker, sorted(self.parameters.items())]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


@contextmanager
def _acting(order: Order) -> Iterator[QuerySet[Errand]]:
    """Open a transaction as who orders; workstations are not known to the database, so the platform acts for them."""
    with acting_for([order.organisation], user=order.user, as_platform=order.user is None):
        yield Errand.objects.filter(
            digest=order.digest, private_to=order.user, device_id=order.device, kind=order.kind
        )


def place(order: Order) -> UUID:
    """Have a worker do it, and return the errand's id; one that is on its way already is found again.

    An answer that nobody fetched is forgotten: what is asked now is answered anew.
    """
    with _acting(order) as rows:
        found = _waiting(rows.select_for_update())
        if found is not None and found.next_attempt_at is not None and not _is_over(found):
            return found.pk
        if found is not None:
            Errand.objects.filter(pk=found.pk).delete()
        made = Errand(
            organisation_id=order.organisation,
            private_to_id=order.user,
            device_id=order.device,
            kind=order.kind,
            digest=order.digest,
            sealed_parameters=seal(json.dumps(dict(order.parameters)).encode()),
            next_attempt_at=Now(),
        )
        # Of two who order the same at once, the second finds the first one's.
        Errand.objects.bulk_create([made], ignore_conflicts=True)
        wake_on_commit(Lane.ASKED)
        return rows.values_list("pk", flat=True).get()


def hear(order: Order) -> Answer:
    """Return what came of an order, and forget it: it is told once. Call outside transactions.

    Raises ErrandUnknown, ErrandOnItsWay, the refusal that it ended with, and GovernmentUnavailable when no worker came
    to its end in time.
    """
    with _acting(order) as rows:
        told = _tell(rows)
    return _said(told)


def hear_of(errand: UUID, kind: ErrandKind, tenancy: Tenancy) -> Answer:
    """Return what came of a member's errand of that kind, as `hear` does."""
    user = tenancy.user.pk
    with acting_for([tenancy.organisation.pk], user=user):
        told = _tell(Errand.objects.filter(pk=errand, kind=kind, private_to=user))
    return _said(told)


def is_on_its_way(errand: UUID, tenancy: Tenancy) -> bool:
    """Return whether a member's errand is to be waited for still; nothing is told by it."""
    user = tenancy.user.pk
    with acting_for([tenancy.organisation.pk], user=user):
        found = _waiting(Errand.objects.filter(pk=errand, private_to=user))
    return found is not None and found.next_attempt_at is not None and not _is_over(found)


def _waiting(rows: QuerySet[Errand]) -> Errand | None:
    waited = ExpressionWrapper(Now() - F("asked_at"), output_field=DurationField())
    return rows.annotate(waited=waited).first()


def _is_over(found: Errand) -> bool:
    waited: timedelta = found.waited  # type: ignore[attr-defined]  # annotated by _waiting
    return waited > (UNBEGUN if found.leased_until is None else PATIENCE)


def _tell(rows: QuerySet[Errand]) -> Answer | Exception:
    """Return the answer, or what is to be raised once this transaction has ended."""
    found = _waiting(rows.select_for_update())
    if found is None:
        return ErrandUnknown()
    if found.next_attempt_at is not None and not _is_over(found):
        return ErrandOnItsWay()
    Errand.objects.filter(pk=found.pk).delete()
    if found.next_attempt_at is not None or found.sealed_answer is None:
        return GovernmentUnavailable()
    kept: Answer = json.loads(unseal(found.sealed_answer))
    if "refusal" not in kept:
        answer: Answer = kept["answer"]
        return answer
    return refusal_from(kept["refusal"])


def _said(told: Answer | Exception) -> Answer:
    if isinstance(told, Exception):
        raise told
    return told


def answered(answer: Mapping[str, Any]) -> bytes:
    """Return what is kept of an errand that was answered."""
    return seal(json.dumps({"answer": dict(answer)}).encode())


def refused(error: DomainError) -> bytes:
    """Return what is kept of an errand that was refused: which refusal, and what it says."""
    said = {"name": type(error).__name__, "detail": str(error.detail), "extra": error.extra}
    return seal(json.dumps({"refusal": said}).encode())


def refusal_from(said: Mapping[str, Any]) -> DomainError:
    """Return the refusal as it was raised; its sentences are in the language of who hears it."""
    kind = _refusals()[said["name"]]
    error = kind.__new__(kind)
    DomainError.__init__(error, said["detail"], **said["extra"])
    return error


def _refusals() -> dict[str, type[DomainError]]:
    found: dict[str, type[DomainError]] = {}
    kinds: list[type[DomainError]] = [DomainError]
    while kinds:
        kind = kinds.pop()
        found[kind.__name__] = kind
        kinds += kind.__subclasses__()
    return found
