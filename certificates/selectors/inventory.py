"""Questions about the inventory: the list, its counts, its timeline, one certificate among its neighbours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from certificates.domain.validity import CertificateStatus, RevocationStatus
from certificates.models import (
    Certificate,
    Revocation,
)
from certificates.models.certificate import WINDOW_START, has_successor
from organisations.keyset import Page, page_of
from organisations.models import Organisation

LISTED = ("sealed_der", "chain", "search_text")
"""Columns that a list never shows and so does not fetch."""


def is_ending() -> Exists:
    """Return, as SQL over certificates, whether a revocation is on its way."""
    return Exists(Revocation.objects.on_their_way().filter(certificate=OuterRef("pk")))


def inventory_page(
    organisation: Organisation,
    *,
    q: str = "",
    environment: str = "",
    status: str = "",
    identifier: str = "",
    after: str | None = None,
    size: int = 50,
) -> Page[Certificate]:
    """Return certificates by end of validity, soonest first; each knows whether it was `renewed` and is `ending`.

    Those to renew are those that nothing has taken over from. Unknown filter values find nothing rather than all.
    """
    rows = Certificate.objects.filter(organisation=organisation).defer(*LISTED).told_whether_renewed()
    rows = rows.annotate(ending=is_ending())  # type: ignore[no-redef]  # fills what the class declares
    if q.strip():
        rows = rows.matching(q)
    if environment:
        rows = rows.filter(environment=environment)
    if status:
        known = status in set(CertificateStatus)
        rows = rows.in_status(CertificateStatus(status), timezone.now()) if known else rows.none()
        if status == CertificateStatus.RENEWABLE:
            rows = rows.without_successor()
    if identifier:
        kind, _, value = identifier.partition("=")
        rows = rows.filter(identifier_type=kind, identifier_value=value)
    return page_of(rows, by="not_after", after=after, size=size)


def status_counts(organisation: Organisation, now: datetime) -> dict[str, int]:
    """Count the certificates in each status, in one query; a renewed one is not among those to renew."""
    alive = ~Q(revocation_status=RevocationStatus.REVOKED)
    current = alive & Q(not_before__lte=now, not_after__gt=now)
    rows = Certificate.objects.filter(organisation=organisation).annotate(window_start=WINDOW_START)
    return rows.aggregate(
        valid=Count("pk", filter=current & Q(window_start__gt=now)),
        renewable=Count("pk", filter=current & Q(window_start__lte=now) & Q(~has_successor())),
        expired=Count("pk", filter=alive & Q(not_after__lte=now)),
        not_yet_valid=Count("pk", filter=alive & Q(not_before__gt=now)),
        revoked=Count("pk", filter=~alive),
    )


def neighbours(certificate: Certificate) -> tuple[Certificate | None, Certificate | None]:
    """Return the certificates of the same name just before and after: predecessor and successor, in one query.

    The successor is the latest genuine one that ends after this one; the predecessor the last to end before. What is
    not genuine itself has neither.
    """
    if not certificate.chain_trusted:
        return None, None
    rows = Certificate.objects.of_the_same_name_as(certificate).filter(chain_trusted=True)
    others = list(rows.exclude(pk=certificate.pk).defer(*LISTED).order_by("not_after", "pk"))
    before = [one for one in others if one.not_after < certificate.not_after]
    after = [
        one
        for one in others
        if one.not_after > certificate.not_after and one.revocation_status != RevocationStatus.REVOKED
    ]
    return (before[-1] if before else None, after[-1] if after else None)


@dataclass(frozen=True)
class TimelineMark:
    """One certificate on the dashboard's timeline."""

    certificate_id: UUID
    common_name: str
    environment: str
    not_after: datetime
    status: CertificateStatus
    renewed: bool = False


def timeline(
    organisation: Organisation, now: datetime, *, months: int = 37, most: int = 400
) -> list[TimelineMark]:
    """Return the certificates that end within `months` or ended in the last month, soonest first."""
    rows = (
        Certificate.objects.filter(
            organisation=organisation,
            not_after__gt=now - timedelta(days=30),
            not_after__lt=now + timedelta(days=31 * months),
        )
        .not_revoked()
        .only(
            "pk",
            "common_name",
            "environment",
            "not_before",
            "not_after",
            "replaceable_from",
            "revocation_status",
        )
        .told_whether_renewed()
        .order_by("not_after", "pk")[:most]
    )
    return [
        TimelineMark(row.pk, row.common_name, row.environment, row.not_after, row.status(now), row.renewed)
        for row in rows
    ]
