"""Taking up a verified version of a list: kept whole, compared with the one before, and what follows from it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import FEEDS, MATTERS, ListKind, Purpose, ServiceKind
from certificates.domain.x509 import UnreadableCertificate, read_certificate
from certificates.models import ListChange, ListVersion, StoreNumber, WatchedList
from certificates.services.trusted.operators import anchors, note_announced
from certificates.services.trusted.platform import note_listed
from certificates.trust.lists.acceptance import Held, digest_of, weigh
from certificates.trust.lists.differences import Change, differences
from certificates.trust.lists.reading import ListedService, TrustedList, read_list
from certificates.trust.lists.signature import SignedList
from certificates.trust.stores.names import subject_of
from organisations.services.notices.look import wake_all

log = structlog.get_logger(__name__)


def is_trusted(status: str) -> bool:
    """Return whether a service with this status is trusted (TSL_TRUSTED_STATUSES)."""
    return status in settings.TSL_TRUSTED_STATUSES


@transaction.atomic
def take_up(list_id: UUID, content: bytes, signed: SignedList, found: TrustedList, *, now: datetime) -> bool:
    """Make a verified list the one that counts, where it is newer; return False where it is the same one.

    Whoever else takes up the same list meanwhile waits. Raises ListRefused.
    """
    watched = WatchedList.objects.select_for_update(of=("self",)).select_related("current").get(pk=list_id)
    former, digest = watched.current, digest_of(content)
    held = Held(former.sequence, former.digest, former.scheme) if former else None
    if not weigh(found, digest, held, now):
        return False
    version = ListVersion.objects.create(
        list=watched,
        sequence=found.sequence,
        content=content,
        signed=signed.data,
        digest=digest,
        scheme=found.scheme,
        issued_at=found.issued_at,
        next_update=found.next_update,
        signer=digest_of(signed.signer_der),
        signer_name=subject_of(signed.signer_der)[:300],
        services=len(found.services),
        taken_at=now,
    )
    changes = []
    if former is not None:
        changes = list(differences(read_list(bytes(former.signed)), found, is_trusted))
    ListChange.objects.bulk_create(_row(version, place, one) for place, one in enumerate(changes))
    watched.current, watched.closed_at = version, now if found.next_update is None else None
    watched.save(update_fields=["current", "closed_at"])
    environment = Environment(watched.environment)
    note_announced(environment, version, found.services, now=now)
    note_listed(environment, ListKind(watched.kind), _trusted(found.services), now=now)
    _number(environment, ListKind(watched.kind), found)
    log.info("trusted_list_taken_up", list=str(watched), sequence=found.sequence, changes=len(changes))
    if watched.closed_at or any(one.kind in MATTERS for one in changes):
        wake_all()
    return True


def _trusted(services: Iterable[ListedService]) -> list[ListedService]:
    return [one for one in services if is_trusted(one.current.status)]


def _row(version: ListVersion, place: int, change: Change) -> ListChange:
    service, before, after = change.service, change.before, change.after
    der = service.certificates[0] if service.certificates else b""
    return ListChange(
        version=version,
        place=place,
        kind=change.kind,
        type=service.type[:200],
        key=service.key,
        name=service.name,
        provider=service.provider,
        subject=_subject(der),
        status=after.current.status[:300] if after else "",
        former_status=before.current.status[:300] if before else "",
        fingerprint=digest_of(after.certificates[0]) if after and after.certificates else "",
        former_fingerprint=digest_of(before.certificates[0]) if before and before.certificates else "",
        effective_at=change.effective_at,
    )


def _subject(der: bytes) -> str:
    """Return a service's name as certificates below it name their issuer, in the inventory's own spelling."""
    try:
        return read_certificate(der).subject[:1000] if der else ""
    except UnreadableCertificate:
        return ""


@transaction.atomic
def renumber(environment: Environment, kind: str) -> None:
    """Number what was configured since the list came: operators that a person gave."""
    rows = WatchedList.objects.select_for_update(of=("self",)).select_related("current")
    watched = rows.filter(environment=environment, kind=kind).first()
    if watched is not None and watched.current is not None:
        _number(environment, ListKind(kind), read_list(bytes(watched.current.signed)))


def _number(environment: Environment, kind: ListKind, found: TrustedList) -> None:
    """Give every certificate that stands in a store, or will, or did, its number there, for ever."""
    for purpose, (feeding, kinds) in FEEDS.items():
        if feeding is kind:
            ders = list(dict.fromkeys(_eligible(environment, purpose, kinds, found)))
            rows = StoreNumber.objects.filter(environment=environment, purpose=purpose)
            known = set(rows.values_list("fingerprint", flat=True))
            last = rows.aggregate(last=Max("number"))["last"] or 0
            new = [der for der in ders if digest_of(der) not in known]
            StoreNumber.objects.bulk_create(
                StoreNumber(
                    environment=environment,
                    purpose=purpose,
                    fingerprint=digest_of(der),
                    number=last + offset,
                    der=der,
                    since=found.issued_at,
                )
                for offset, der in enumerate(new, 1)
            )


def _eligible(
    environment: Environment, purpose: Purpose, kinds: frozenset[ServiceKind], found: TrustedList
) -> list[bytes]:
    ders = list(anchors(environment)) if purpose is Purpose.OPERATORS else []
    for service in found.services:
        ever = any(is_trusted(one.status) for one in (service.current, *service.history))
        if service.kind in kinds and ever:
            ders += service.certificates
    return ders
