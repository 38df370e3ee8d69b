"""Who may sign lists: those that were configured, and those that a verified list announced and a person took up."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog
from cryptography import x509
from django.db import transaction
from django.db.models.functions import Now

from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import ServiceKind
from certificates.models import ListOperator, ListVersion, WatchedList
from certificates.trust.anchors import list_operators
from certificates.trust.lists.acceptance import digest_of
from certificates.trust.lists.reading import ListedService
from certificates.trust.lists.signer import is_operator
from certificates.trust.stores.names import subject_of
from organisations.models import User

log = structlog.get_logger(__name__)


def anchors(environment: Environment) -> tuple[bytes, ...]:
    """Return the DER of everybody who may sign lists in an environment."""
    taken = ListOperator.objects.filter(environment=environment, declined_at=None).exclude(accepted_at=None)
    return (*list_operators(environment), *(bytes(one) for one in taken.values_list("der", flat=True)))


def note_announced(
    environment: Environment, version: ListVersion, services: Iterable[ListedService], *, now: datetime
) -> None:
    """Keep the operators that a verified list announces, for a person to decide about. In the caller's transaction."""
    known = set(anchors(environment))
    for service in services:
        if service.kind is not ServiceKind.OPERATOR:
            continue
        for der in service.certificates:
            if der in known:
                continue
            try:
                certificate = x509.load_der_x509_certificate(der)
                ends = certificate.not_valid_after_utc
            except UNREADABLE:
                continue
            if not is_operator(certificate):
                log.warning("announced_operator_unfit", environment=environment, operator=digest_of(der))
                continue
            ListOperator.objects.get_or_create(
                environment=environment,
                fingerprint=digest_of(der),
                defaults={
                    "der": der,
                    "name": subject_of(der)[:300],
                    "not_after": ends,
                    "announced_in": version,
                    "announced_at": now,
                },
            )


def decide(operator_id: UUID, *, accept: bool, by: User, now: datetime) -> bool:
    """Take up an announced operator, or decline it; once. Then the lists are asked for at once.

    Returns False where somebody decided before.
    """
    with transaction.atomic():
        row = ListOperator.objects.select_for_update().filter(pk=operator_id).first()
        if row is None or row.accepted_at or row.declined_at:
            return False
        row.accepted_at, row.declined_at = (now, None) if accept else (None, now)
        row.decided_by = by
        row.save(update_fields=["accepted_at", "declined_at", "decided_by"])
        waiting = WatchedList.objects.filter(environment=row.environment, closed_at=None).exclude(address="")
        waiting.update(next_attempt_at=Now())
    log.info("list_operator_decided", operator=row.fingerprint, accepted=accept, by=str(by.pk))
    return True
