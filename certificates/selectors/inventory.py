"""Questions about the inventory: the list, its counts, its timeline, one certificate among its neighbours."""

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from agent.wire.days import BRUSSELS, belgian_day
from certificates.domain.validity import LAST_DAYS, CertificateStatus, RevocationStatus, Standing
from certificates.models import Certificate, CertificateQuerySet, Tally
from certificates.models.certificate import NOT_GOOD, WINDOW_START, in_each_status
from certificates.selectors.listing.orders import ENDED_LATELY, SOONEST, Order, paged
from organisations.keyset import Page
from organisations.models import Organisation, OrganisationIdentifier

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
    order: Order = SOONEST,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page[Certificate]:
    """Return certificates in an order, those that end soonest first unless told, without what no list shows."""
    return paged(rows.defer(*LISTED), order, after=after, before=before, size=size)


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
    """Count the certificates in each standing: the numbers that the list's filters find.

    Days are counted as a whole; only certificates with which something happens today are looked at one by one.
    """
    where = in_each_standing(now)
    today, soon = _day(now), _day(now + LAST_DAYS)
    changing = Q(not_after__in=[today, soon]) | Q(window_start=today) | Q(not_before=today)
    tallies = Tally.objects.filter(organisation=organisation)
    # Named apart from the columns of the same word.
    sums = {f"in_{one.value}": Sum("number", filter=which) for one, which in where.items()}
    counts = {name: number or 0 for name, number in tallies.exclude(changing).aggregate(**sums).items()}
    ends = list(tallies.filter(changing).order_by().values_list("not_after", flat=True).distinct())
    if ends:
        rows = Certificate.objects.filter(organisation=organisation).alias(window_start=WINDOW_START)
        on_those = reduce(or_, (_within("not_after", end) for end in ends))
        today_or_soon = _within("not_after", today) | _within("not_after", soon)
        rows = rows.filter(
            on_those, today_or_soon | _within("window_start", today) | _within("not_before", today)
        )
        one_by_one = {
            name: Count("pk", filter=which) for name, which in zip(sums, where.values(), strict=True)
        }
        for name, number in rows.aggregate(**one_by_one).items():
            counts[name] += number
    return {name.removeprefix("in_"): number for name, number in counts.items()}


def _day(moment: datetime) -> datetime:
    """Return the beginning of a moment's Belgian day."""
    return datetime.combine(belgian_day(moment), time(), BRUSSELS)


def _within(column: str, day: datetime) -> Q:
    """Return whether a moment lies in the Belgian day that begins at `day`."""
    return Q(**{f"{column}__gte": day, f"{column}__lt": _day(day + timedelta(hours=36))})


@dataclass(frozen=True)
class MonthOfEnds:
    """How many certificates end in a Belgian month: `soon` of them are to renew, `strange` are not recognised."""

    month: datetime
    environment: str
    number: int
    soon: int
    strange: int


def ends_by_month(organisation: Organisation, now: datetime, *, months: int = 37) -> list[MonthOfEnds]:
    """Count what ends from today on, month by month; what is revoked ends no more."""
    today = _day(now)
    each = in_each_standing(now)
    rows = Tally.objects.filter(
        organisation=organisation, not_after__gte=today, not_after__lt=today + timedelta(days=31 * months)
    ).exclude(revocation_status=RevocationStatus.REVOKED)
    found = (
        rows.annotate(month=TruncMonth("not_after", tzinfo=BRUSSELS))
        .values("month", "environment")
        .annotate(
            all_of_them=Sum("number"),
            soon=Sum("number", filter=each[Standing.RENEWABLE] | each[Standing.ENDS_SOON], default=0),
            strange=Sum("number", filter=each[Standing.NOT_RECOGNISED], default=0),
        )
        .order_by("month", "environment")
    )
    return [
        MonthOfEnds(one["month"], one["environment"], one["all_of_them"], one["soon"], one["strange"])
        for one in found
        if one["all_of_them"]
    ]


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


def first_end(organisation: Organisation, now: datetime) -> datetime | None:
    """Return when the next certificate ends that is good today; None where none is."""
    rows = Certificate.objects.filter(organisation=organisation, not_after__gte=now).genuine()
    return rows.order_by("not_after", "pk").values_list("not_after", flat=True).first()


def timeline(organisation: Organisation, now: datetime, *, months: int = 37) -> list[TimelineMark]:
    """Return the certificates that end within `months`, soonest first: for few of them; see `ends_by_month`."""
    rows = (
        Certificate.objects.filter(
            organisation=organisation,
            not_after__gte=now,
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
        .order_by("not_after", "pk")
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
