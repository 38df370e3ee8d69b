"""What ends when, as a calendar has it: certificates by day and name, mandates, papers and deadlines."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from agent.wire.days import BRUSSELS, belgian_day
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.papers import PaperState
from certificates.domain.validity import REPLACEMENT_WINDOW, RevocationStatus
from certificates.domain.watch.calendar import Occasion, last_safe_day
from certificates.models import ForeignRequest, Paper, Tally
from organisations.models import Mandate, Organisation

NAMES_A_DAY = 8
"""Names that a day shows one by one; where there are more, it says how many certificates they are."""
MOST = 500
"""Mandates, papers or deadlines that are shown, the soonest first."""
ENDS = "not_after"
OPENS = f"coalesce(replaceable_from, not_after - interval '{REPLACEMENT_WINDOW // timedelta(days=1)} days')"


@dataclass(frozen=True)
class Entry:
    """One thing that matters on one day; `number` of its `total` certificates are not taken care of yet."""

    occasion: Occasion
    day: date
    organisation: UUID
    environment: str
    name: str
    """Of whom or what; empty where many names share the day."""
    number: int
    total: int
    stamp: datetime
    """When what is told here was last added to."""
    key: UUID | None
    """The one row that it is about; None for several."""

    @property
    def sequence(self) -> int:
        """Grows with each certificate that joins, and with each that is taken care of."""
        return 2 * self.total - self.number


@dataclass(frozen=True)
class Reach:
    """Whose rows a calendar shows: all of an organisation, people's mandates only where they may be seen."""

    organisations: tuple[UUID, ...]
    mandates_of: tuple[UUID, ...]
    """The organisations all of whose mandates are shown."""
    reader: UUID | None
    """Whose own mandates are shown everywhere."""


def certificates_by_day(
    organisations: Iterable[UUID], first: date, last: date, *, moment: str = ENDS, names: int = NAMES_A_DAY
) -> list[Entry]:
    """Return what ends (or with `OPENS` can be renewed) from `first` to `last`, and was not taken care of.

    One row a day, environment and name; where a day has more than `names` of them, one row for all. One query.
    """
    where = f"{ENDS} >= %(first)s AND {ENDS} < %(last)s" if moment == ENDS else (
        # What the government told stands in no index: it tells it of few.
        f"{moment} >= %(first)s AND {moment} < %(last)s AND {ENDS} >= %(first)s"
    )  # fmt: skip
    query = f"""
        WITH named AS (
            SELECT organisation_id, environment, ({moment} AT TIME ZONE 'Europe/Brussels')::date AS day, common_name,
                   count(*) FILTER (WHERE NOT renewed AND NOT ending) AS number, count(*) AS total,
                   max(created_at) AS stamp, min(id::text) FILTER (WHERE NOT renewed AND NOT ending) AS one
            FROM certificates_certificate
            WHERE organisation_id = ANY (%(organisations)s) AND {where}
                AND chain_trusted AND revocation_status <> '{RevocationStatus.REVOKED}'
            GROUP BY 1, 2, 3, 4
        ), counted AS (
            SELECT *, count(*) OVER (PARTITION BY organisation_id, environment, day) AS names FROM named
            WHERE number > 0
        )
        SELECT day, organisation_id, environment, CASE WHEN names <= %(names)s THEN common_name ELSE '' END AS name,
               sum(number), sum(total), max(stamp), min(one)
        FROM counted GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""  # noqa: S608  # names of ours
    told: dict[str, Any] = {
        "organisations": list(organisations),
        "first": datetime.combine(first, time(), BRUSSELS),
        "last": datetime.combine(last + timedelta(days=1), time(), BRUSSELS),
        "names": names,
    }
    occasion = Occasion.END if moment == ENDS else Occasion.WINDOW
    with connection.cursor() as cursor:
        cursor.execute(query, told)
        return [
            Entry(occasion, day, organisation, environment, name, int(number), int(total), stamp,
                  UUID(one) if number == 1 else None)
            for day, organisation, environment, name, number, total, stamp, one in cursor.fetchall()
        ]  # fmt: skip


def certificate_entries(
    organisations: Collection[UUID], first: date, last: date, *, names: int = NAMES_A_DAY
) -> list[Entry]:
    """Return the three days of certificates that lie between two days; two queries."""
    beyond = last + (last - last_safe_day(last))
    ends = certificates_by_day(organisations, first, beyond, names=names)
    opens = certificates_by_day(organisations, first, last, moment=OPENS, names=names)
    safe = [_moved(one) for one in ends]
    return [one for one in (*opens, *safe, *ends) if first <= one.day <= last]


def _moved(end: Entry) -> Entry:
    """Return the last safe day of what ends together."""
    return Entry(
        Occasion.LAST_SAFE, last_safe_day(end.day), end.organisation, end.environment, end.name, end.number,
        end.total, end.stamp, end.key,
    )  # fmt: skip


def mandates_that_end(reach: Reach, first: date, last: date) -> "QuerySet[Mandate]":
    """Return mandates whose last day lies between two days and that no later one of the same person carries on."""
    whose = Q(organisation__in=reach.mandates_of)
    if reach.reader is not None:
        whose |= Q(organisation__in=reach.organisations, person__user=reach.reader)
    later = Mandate.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=OuterRef("ends_on")),
        organisation=OuterRef("organisation"), person=OuterRef("person"), identifier=OuterRef("identifier"),
        withdrawn_on=None,
    )  # fmt: skip
    rows = Mandate.objects.filter(whose, ends_on__gte=first, ends_on__lte=last, person__left_on=None)
    rows = rows.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=F("ends_on"))).exclude(Exists(later))
    return rows.select_related("person", "identifier").order_by("ends_on", "pk")


def papers_that_end(organisations: Iterable[UUID], first: date, last: date) -> "QuerySet[Paper]":
    """Return papers in use whose last day lies between two days."""
    rows = Paper.objects.filter(organisation__in=organisations, ends_on__gte=first, ends_on__lte=last)
    return rows.exclude(state=PaperState.ENDED).without_documents().order_by("ends_on", "pk")


def deadlines(organisations: Iterable[UUID], first: date, last: date) -> "QuerySet[ForeignRequest]":
    """Return foreign requests that wait for a confirmation until a moment between two days."""
    rows = ForeignRequest.objects.filter(
        organisation__in=organisations,
        state=ForeignState.AWAITING_CONFIRMATION,
        expires_at__gte=datetime.combine(first, time(), BRUSSELS),
        expires_at__lt=datetime.combine(last + timedelta(days=1), time(), BRUSSELS),
    )
    return rows.without_documents().select_related("person").order_by("expires_at", "pk")


def other_entries(reach: Reach, first: date, last: date) -> list[Entry]:
    """Return what ends beside certificates: mandates, papers, deadlines; three queries."""
    found = [
        Entry(Occasion.MANDATE, one.ends_on, one.organisation_id, "", f"{one.person}, {one.identifier}", 1, 1,
              one.created_at, one.pk)
        for one in mandates_that_end(reach, first, last)[:MOST]
        if one.ends_on is not None
    ] + [
        Entry(Occasion.PAPER, one.ends_on, one.organisation_id, one.environment, str(one), 1, 1,
              one.drafted_at, one.pk)
        for one in papers_that_end(reach.organisations, first, last)[:MOST]
        if one.ends_on is not None
    ]  # fmt: skip
    return found + [
        Entry(Occasion.DEADLINE, belgian_day(one.expires_at), one.organisation_id, one.environment, str(one), 1, 1,
              one.requested_at, one.pk)
        for one in deadlines(reach.organisations, first, last)[:MOST]
        if one.expires_at is not None
    ]  # fmt: skip


@dataclass(frozen=True)
class DayCount:
    """How many certificates of an environment share a day: those not taken care of, and those that were."""

    occasion: Occasion
    day: date
    environment: str
    number: int
    done: int


def day_counts(organisation: Organisation, first: date, last: date) -> list[DayCount]:
    """Count what ends and what can be renewed, day by day, from the tallies; two queries, however many there are."""
    beyond = last + (last - last_safe_day(last))
    ends = _counted(organisation, "not_after", Occasion.END, first, beyond)
    opens = _counted(organisation, "window_start", Occasion.WINDOW, first, last)
    safe = [
        DayCount(Occasion.LAST_SAFE, last_safe_day(one.day), one.environment, one.number, 0)
        for one in ends
        if one.number
    ]
    return [one for one in (*opens, *safe, *ends) if first <= one.day <= last and (one.number or one.done)]


def _counted(
    organisation: Organisation, column: str, occasion: Occasion, first: date, last: date
) -> list[DayCount]:
    since, until = (datetime.combine(day, time(), BRUSSELS) for day in (first, last + timedelta(days=1)))
    rows = Tally.objects.filter(
        organisation=organisation, chain_trusted=True, **{f"{column}__gte": since, f"{column}__lt": until}
    ).exclude(revocation_status=RevocationStatus.REVOKED)
    quiet = Q(renewed=False, ending=False)
    found = rows.values(column, "environment").annotate(
        open_still=Sum("number", filter=quiet, default=0), done=Sum("number", filter=~quiet, default=0)
    )
    return [
        DayCount(occasion, belgian_day(one[column]), one["environment"], one["open_still"],
                 one["done"] if occasion is Occasion.END else 0)
        for one in found.order_by(column, "environment")
    ]  # fmt: skip
