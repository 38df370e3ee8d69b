"""Questions about the inventory: the list, its counts, its timeline, one certificate among its neighbours."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from certificates.domain.validity import LAST_DAYS, CertificateStatus, Standing
from certificates.models import Certificate, CertificateQuerySet
from certificates.models.certificate import NOT_GOOD, WINDOW_START, in_each_status
from organisations.keyset import Page, page_of
from organisations.models import Organisation, OrganisationIdentifier

ENDED_LATELY = timedelta(days=90)
"""How long what has ended without a successor is said to need someone."""
LISTED = ("sealed_der", "chain", "search_text")
"""Columns that a list never shows and so does not fetch."""


MOST_COUNTED = 10_000
"""Certificates that are counted one by one; beyond that PostgreSQL's estimate is told."""


@dataclass(frozen=True)
class Total:
    """How many certificates something finds; with `about` it is an estimate."""

    number: int
    about: bool = False


def listed(
    rows: CertificateQuerySet,
    *,
    by: str = "not_after",
    descending: bool = False,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page[Certificate]:
    """Return certificates in an order, those that end soonest first unless told, without what no list shows."""
    return page_of(rows.defer(*LISTED), by=by, after=after, before=before, size=size, descending=descending)


def total_of(rows: CertificateQuerySet) -> Total:
    """Return how many certificates `rows` are: exactly up to ten thousand, about beyond."""
    counted = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    if counted <= MOST_COUNTED:
        return Total(counted)
    [plan] = json.loads(rows.order_by().values("pk").explain(format="json"))
    return Total(max(int(plan["Plan"]["Plan Rows"]), MOST_COUNTED), about=True)


def needing_someone(now: datetime) -> Q:
    """Return, as `in_each_standing` does, in which certificates somebody has to do something.

    Those in their replacement period, in their last days or suspended, and those that ended a short while ago without a
    successor.
    """
    each = in_each_standing(now)
    ended = each[Standing.EXPIRED] & Q(renewed=False, not_after__gt=now - ENDED_LATELY)
    waiting = each[Standing.RENEWABLE] | each[Standing.ENDS_SOON] | each[Standing.ON_HOLD]
    return waiting | ended


def in_each_standing(now: datetime) -> dict[Standing, Q]:
    """Return `standing_of` as SQL over certificates that are annotated with their `window_start`."""
    rows = in_each_status(now)
    found = {Standing(status.value): where for status, where in rows.items()}
    alive = rows[CertificateStatus.VALID] | rows[CertificateStatus.RENEWABLE]
    ending, renewed = Q(ending=True), Q(renewed=True)
    quiet = ~ending & ~renewed
    last_days = Q(not_after__lte=now + LAST_DAYS)
    return found | {
        Standing.BEING_REVOKED: alive & ending,
        Standing.RENEWED: alive & ~ending & renewed,
        Standing.RENEWABLE: rows[CertificateStatus.RENEWABLE] & quiet,
        Standing.ENDS_SOON: rows[CertificateStatus.VALID] & quiet & last_days,
        Standing.VALID: rows[CertificateStatus.VALID] & quiet & ~last_days,
    }


def status_counts(organisation: Organisation, now: datetime) -> dict[str, int]:
    """Count the certificates in each standing, in one query: the numbers that the list's filters find."""
    rows = Certificate.objects.filter(organisation=organisation).annotate(window_start=WINDOW_START)
    # Named apart from the columns of the same word.
    counts = {f"in_{one.value}": Count("pk", filter=where) for one, where in in_each_standing(now).items()}
    return {name.removeprefix("in_"): count for name, count in rows.aggregate(**counts).items()}


def ended(organisation: Organisation, now: datetime, *, most: int = 6) -> list[Certificate]:
    """Return certificates that have expired and from which nothing has taken over, the latest end first."""
    rows = Certificate.objects.filter(organisation=organisation).defer(*LISTED)
    rows = rows.in_status(CertificateStatus.EXPIRED, now).without_successor()
    return list(rows.order_by("-not_after", "pk")[:most])


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
        if one.not_after > certificate.not_after and one.revocation_status not in NOT_GOOD
    ]
    return (before[-1] if before else None, after[-1] if after else None)


@dataclass(frozen=True)
class TimelineMark:
    """One certificate on the dashboard's timeline."""

    certificate_id: UUID
    common_name: str
    environment: str
    not_after: datetime
    standing: Standing


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
            "chain_trusted",
            "renewed",
            "ending",
        )
        .order_by("not_after", "pk")[:most]
    )
    return [
        TimelineMark(row.pk, row.common_name, row.environment, row.not_after, row.standing(now))
        for row in rows
    ]


def has_certificates_of(number: OrganisationIdentifier) -> bool:
    """Tell whether the organisation's inventory holds a certificate of its number, however that came there."""
    return Certificate.objects.filter(
        organisation=number.organisation_id, identifier_type=number.type, identifier_value=number.value
    ).exists()
