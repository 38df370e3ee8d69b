"""A month as a page shows it: weeks of days, each with what matters on it and the way to that."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.domain.lifecycle import Environment
from certificates.domain.watch.calendar import MANUAL_CHECK, Occasion
from certificates.selectors.calendar import DayCount, Entry
from certificates.services.calendar.words import path_of

FIRST_YEAR, LAST_YEAR = 2000, 2100
ONE_BY_ONE = 3
"""Mandates, papers or deadlines of one day that are named; more are counted."""
TONES = {Occasion.WINDOW: "quiet", Occasion.LAST_SAFE: "warn", Occasion.END: "bad", Occasion.MANDATE: "bad",
         Occasion.PAPER: "warn", Occasion.DEADLINE: "warn"}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing on a day."""

    text: str
    address: str
    tone: str
    acceptance: bool


@dataclass(frozen=True)
class Day:
    """One day of the grid."""

    date: date
    lines: tuple[Line, ...]
    outside: bool
    """It belongs to the month before or after."""
    today: bool


def month_of(given: str, today: date) -> date | None:
    """Return the first day of the month that an address names, or of this one; None for none that there is."""
    if not given:
        return today.replace(day=1)
    year, _dash, month = given.partition("-")
    if not (year.isascii() and month.isascii() and year.isdigit() and month.isdigit()):
        return None
    if (
        len(year) != 4
        or len(month) > 2
        or not FIRST_YEAR <= int(year) <= LAST_YEAR
        or not 1 <= int(month) <= 12
    ):
        return None
    return date(int(year), int(month), 1)


def beside(month: date, step: int) -> date | None:
    """Return the month before (-1) or after (1); None beyond the calendar's years."""
    other = (
        (month + timedelta(days=31)).replace(day=1)
        if step > 0
        else (month - timedelta(days=1)).replace(day=1)
    )
    return other if FIRST_YEAR <= other.year <= LAST_YEAR else None


def days_of(month: date) -> tuple[date, date]:
    """Return the first Monday and the last Sunday of the grid."""
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return weeks[0][0], weeks[-1][-1]


def weeks_of(
    month: date, counts: Iterable[DayCount], entries: Iterable[Entry], today: date
) -> list[list[Day]]:
    """Lay the days of a month out in weeks, from Monday to Sunday."""
    lines: dict[date, list[Line]] = {}
    for one in counts:
        lines.setdefault(one.day, []).extend(_of_certificates(one))
    ordered = sorted(entries, key=lambda one: (one.day, one.occasion))
    for (day, occasion), several in groupby(ordered, key=lambda one: (one.day, one.occasion)):
        lines.setdefault(day, []).extend(_of_others(occasion, list(several)))
    return [
        [Day(day, tuple(lines.get(day, ())), day.month != month.month, day == today) for day in week]
        for week in calendar.Calendar().monthdatescalendar(month.year, month.month)
    ]


def _of_certificates(one: DayCount) -> list[Line]:
    day, word = one.day, "ends"
    if one.occasion is Occasion.LAST_SAFE:
        day += MANUAL_CHECK
    elif one.occasion is Occasion.WINDOW:
        word = "opens"
    asked = {
        f"{word}_from": day.isoformat(),
        f"{word}_until": day.isoformat(),
        "environment": one.environment,
    }
    address = f"{reverse('inventory')}?{urlencode(asked)}"
    acceptance = one.environment == Environment.ACCEPTANCE
    found = []
    if one.number:
        found.append(Line(_counted(one.occasion, one.number), address, TONES[one.occasion], acceptance))
    if one.done:
        text = ngettext("%(count)s renewed", "%(count)s renewed", one.done) % {"count": one.done}
        found.append(Line(text, address, "good", acceptance))
    return found


def _counted(occasion: Occasion, number: int) -> str:
    match occasion:
        case Occasion.WINDOW:
            text = ngettext("%(count)s can be renewed", "%(count)s can be renewed", number)
        case Occasion.LAST_SAFE:
            text = ngettext("last safe day for %(count)s", "last safe day for %(count)s", number)
        case Occasion.END:
            text = ngettext("%(count)s ends", "%(count)s end", number)
        case Occasion.MANDATE:
            text = ngettext("%(count)s mandate ends", "%(count)s mandates end", number)
        case Occasion.PAPER:
            text = ngettext("%(count)s paper ends", "%(count)s papers end", number)
        case _deadline:
            text = ngettext("%(count)s confirmation ends", "%(count)s confirmations end", number)
    return text % {"count": number}


LISTS = {Occasion.MANDATE: "organisation", Occasion.PAPER: "papers", Occasion.DEADLINE: "foreign-requests"}


def _of_others(occasion: Occasion, found: list[Entry]) -> list[Line]:
    tone = TONES[occasion]
    if len(found) > ONE_BY_ONE:
        return [Line(_counted(occasion, len(found)), reverse(LISTS[occasion]), tone, acceptance=False)]
    return [Line(_named(one), path_of(one), tone, one.environment == Environment.ACCEPTANCE) for one in found]


def _named(entry: Entry) -> str:
    words = {
        Occasion.MANDATE: _("Mandate ends: %(name)s"),
        Occasion.PAPER: _("Paper ends: %(name)s"),
        Occasion.DEADLINE: _("Last day to confirm the identity: %(name)s"),
    }
    return words[entry.occasion] % {"name": entry.name}
