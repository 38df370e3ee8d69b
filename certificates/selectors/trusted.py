"""Questions about trusted lists, and about the platform's own certificates."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import FEEDS, MATTERS, Purpose, service_kind
from certificates.models import (
    Certificate,
    ListChange,
    ListVersion,
    PlatformCertificate,
    PreparedSoftware,
    WatchedList,
)
from organisations.models import Organisation

RECENT = timedelta(days=60)
"""For how long a change is still news."""
ENDED_LATELY = timedelta(days=30)


def watched_lists() -> list[WatchedList]:
    """Return every list that is watched or ever gave a version, production first."""
    rows = WatchedList.objects.select_related("current").defer("current__content", "current__signed")
    return list(rows.exclude(address="", current=None).order_by("-environment", "kind"))


def changes_since(moment: datetime) -> list[ListChange]:
    """Return the changes that came after a moment and matter to who has a store, the newest first."""
    rows = ListChange.objects.filter(version__taken_at__gt=moment, kind__in=MATTERS)
    rows = rows.select_related("version__list").defer("version__content", "version__signed")
    return list(rows.order_by("-version__taken_at", "place")[:200])


def purposes_of(change: ListChange) -> list[Purpose]:
    """Return which stores a change touches."""
    kind = service_kind(change.type)
    return [
        purpose
        for purpose, (feeding, kinds) in FEEDS.items()
        if feeding == change.version.list.kind and kind in kinds
    ]


def touched(organisation: Organisation, changes: Iterable[ListChange]) -> Counter[str]:
    """Return how many certificates of an organisation that run now stand below each service: by its subject.

    What is private to somebody counts for that person alone (row-level security). One query.
    """
    subjects = {one.subject for one in changes if one.subject}
    rows = Certificate.objects.filter(organisation=organisation, issuer__in=subjects)
    counted = rows.values_list("issuer").annotate(count=Count("pk")).order_by()
    return Counter(dict(counted))


def versions_of(watched: WatchedList) -> QuerySet[ListVersion]:
    """Return the versions of a list, the newest first, with their changes."""
    rows = ListVersion.objects.filter(list=watched).defer("content", "signed")
    return rows.prefetch_related("changes")


def platform_certificates(now: datetime) -> list[PlatformCertificate]:
    """Return the platform's certificates but for those that ended long ago, use by use, the latest first."""
    rows = PlatformCertificate.objects.filter(not_after__gt=now - ENDED_LATELY).defer("der")
    return list(rows.in_use_order())


def preparation(organisation: Organisation) -> dict[UUID, tuple[int, int]]:
    """Return for each certificate of the platform how much software is prepared, of how much on the list."""
    rows = PreparedSoftware.objects.filter(organisation=organisation).order_by()
    counted = rows.values("certificate").annotate(
        all=Count("pk"), done=Count("pk", filter=Q(prepared_at__isnull=False))
    )
    return {one["certificate"]: (one["done"], one["all"]) for one in counted}


def environment_of(text: str) -> Environment | None:
    """Return the environment of a word in an address; None where it is none."""
    return Environment(text) if text in set(Environment) else None
