"""Asking for the end of several certificates with one action: each is a revocation of its own, which a card signs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from certificates.domain.revocation import RevocationReason
from certificates.domain.validity import CertificateStatus
from certificates.models import Certificate, Revocation
from certificates.services.revocations.start import OVER, RevocationOrder, start_revocation
from organisations.domain.mandates import belgian_day
from organisations.errors import DomainError
from organisations.models import Mandate, Organisation, Person, User
from organisations.services.audit import Actor


class Obstacle(StrEnum):
    """Why the end of a certificate cannot be asked for together with others; the values are stable codes."""

    OVER = "over"
    UNDER_WAY = "under_way"
    OWN = "own"
    """A person's own: its page says who may."""
    NOBODY = "nobody"
    """Nobody is mandated for its number today."""


@dataclass(frozen=True)
class Endings:
    """What asking for the end of certificates would do: who would sign each, and what stands in the way of others."""

    ready: list[tuple[Certificate, Person]]
    others: list[tuple[Certificate, Obstacle]]


def plan_endings(
    organisation: Organisation, certificates: Sequence[Certificate], *, now: datetime
) -> Endings:
    """Return what would happen today; any number takes two queries.

    Of several who may sign for one, whoever may for most of them does: one sitting instead of two.
    """
    under_way = set(
        Revocation.objects.on_their_way()
        .filter(certificate__in=certificates)
        .values_list("certificate_id", flat=True)
    )
    mandated: dict[tuple[str, str], dict[UUID, Person]] = {}
    mandates = Mandate.objects.filter(organisation=organisation, person__left_on=None).active_on(
        belgian_day(now)
    )
    for one in mandates.select_related("person", "identifier"):
        number = (one.identifier.type, one.identifier.value)
        mandated.setdefault(number, {})[one.person_id] = one.person
    could = Counter(person for one in certificates for person in mandated.get(_number(one), {}))
    ready: list[tuple[Certificate, Person]] = []
    others: list[tuple[Certificate, Obstacle]] = []
    for certificate in certificates:
        people = mandated.get(_number(certificate), {})
        obstacle = _obstacle(certificate, certificate.status(now), certificate.pk in under_way, bool(people))
        if obstacle is not None:
            others.append((certificate, obstacle))
        else:
            ready.append((certificate, max(people.values(), key=lambda one: (could[one.pk], str(one.pk)))))
    return Endings(ready, others)


def _number(certificate: Certificate) -> tuple[str, str]:
    return certificate.identifier_type, certificate.identifier_value


def _obstacle(
    certificate: Certificate, status: CertificateStatus, under_way: bool, anyone: bool
) -> Obstacle | None:
    if status in OVER:
        return Obstacle.OVER
    if under_way:
        return Obstacle.UNDER_WAY
    if certificate.owner_id is not None or certificate.ssin_index:
        return Obstacle.OWN
    return None if anyone else Obstacle.NOBODY


def end_together(
    endings: Endings,
    reason: RevocationReason,
    comment: str,
    *,
    requested_by: User,
    actor: Actor,
    now: datetime,
) -> tuple[list[Revocation], list[tuple[Certificate, DomainError]]]:
    """Ask for the end of all that are ready. Returns the revocations, and which were refused: one stops no other."""
    made: list[Revocation] = []
    refused: list[tuple[Certificate, DomainError]] = []
    for certificate, holder in sorted(endings.ready, key=lambda one: one[0].pk):
        order = RevocationOrder(reason, comment, holder.pk)
        try:
            with transaction.atomic():
                made.append(
                    start_revocation(certificate, order, requested_by=requested_by, actor=actor, now=now)
                )
        except DomainError as refusal:
            refused.append((certificate, refusal))
    return made, refused
