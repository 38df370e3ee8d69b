"""How many certificates end in each month, as bars and as words: for more of them than can be drawn one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from certificates.domain.lifecycle import Environment
from certificates.selectors.inventory import MonthOfEnds
from certificates.web.parts.plots import MONTHS, Tick, month_after, ticks_of

DRAWN_ONE_BY_ONE = 150
"""Certificates in the whole plot, beyond which months are drawn."""
HIGHEST, TOP = 132, 34
LEAST = 3
"""What a single certificate is high at least: it is seen, and can be pointed at."""


@dataclass(frozen=True)
class Part:
    """One piece of a month's bar: `tone` is soon, strange or nothing."""

    y: int
    height: int
    tone: str
    acceptance: bool


@dataclass(frozen=True)
class MonthBar:
    """The bar of a month, and the days between which its certificates end."""

    x: int
    width: int
    parts: tuple[Part, ...]
    title: str
    first: date
    last: date


@dataclass(frozen=True)
class Bars:
    """The plot: production stands on the axis, acceptance hangs below it; `most` is the figure of the highest bar."""

    width: int
    height: int
    left: int
    right: int
    axis: int
    bars: tuple[MonthBar, ...]
    ticks: tuple[Tick, ...]
    most: int

    @property
    def tick_end(self) -> int:
        """Where the lines of the months end."""
        return self.axis + 6

    @property
    def label_y(self) -> int:
        """The base line of the month names."""
        return self.axis + 17


@dataclass(frozen=True)
class MonthCount:
    """How many certificates end in a month: the plot as words, with the days that the list is narrowed to."""

    month: datetime
    production: int
    acceptance: int
    first: date
    last: date


def months_of(ends: Sequence[MonthOfEnds]) -> list[MonthCount]:
    """Return the months in which something ends."""
    found: dict[datetime, dict[str, int]] = {}
    for one in ends:
        found.setdefault(one.month, {})[one.environment] = one.number
    return [
        MonthCount(
            month,
            counts.get(Environment.PRODUCTION, 0),
            counts.get(Environment.ACCEPTANCE, 0),
            *_days_of(month),
        )
        for month, counts in sorted(found.items())
    ]


def plot_months(ends: Sequence[MonthOfEnds], now: datetime, *, width: int, every: int) -> Bars:
    """Lay the months out over `width` units, a month name at every `every`-th of them."""
    now = timezone.localtime(now)
    begin, left, right = month_after(now, 0), 8, width - 8
    slot = (right - left) // (MONTHS + 1)
    most = {
        environment: max([one.number for one in ends if one.environment == environment], default=0)
        for environment in Environment
    }
    highest = max(most.values(), default=0) or 1
    axis = TOP + _height(most[Environment.PRODUCTION], highest)
    by_month: dict[int, list[MonthOfEnds]] = {}
    for one in ends:
        ahead = (one.month.year - begin.year) * 12 + one.month.month - begin.month
        if 0 <= ahead <= MONTHS:
            by_month.setdefault(ahead, []).append(one)

    def at(moment: datetime) -> int:
        ahead = (moment.year - begin.year) * 12 + moment.month - begin.month
        return left + ahead * slot

    return Bars(
        width=width,
        height=axis + 30 + max(2 * LEAST, _height(most[Environment.ACCEPTANCE], highest)) + 4,
        left=left,
        right=right,
        axis=axis,
        bars=tuple(
            _bar(left + ahead * slot, slot, found, axis, highest) for ahead, found in sorted(by_month.items())
        ),
        ticks=ticks_of(begin, at, right, every),
        most=highest,
    )


def _height(number: int, highest: int) -> int:
    return max(LEAST, round(number / highest * HIGHEST)) if number else 0


def _bar(x: int, slot: int, found: list[MonthOfEnds], axis: int, highest: int) -> MonthBar:
    parts: list[Part] = []
    for one in found:
        acceptance = one.environment == Environment.ACCEPTANCE
        y = axis + 24 if acceptance else axis
        rest = one.number - one.soon - one.strange
        for number, tone in ((one.soon, "soon"), (rest, ""), (one.strange, "strange")):
            if not number:
                continue
            height = _height(number, highest)
            parts.append(Part(y if acceptance else y - height, height, tone, acceptance))
            y += height if acceptance else -height
    first, last = _days_of(found[0].month)
    month = date_format(timezone.localtime(found[0].month), "F Y")
    return MonthBar(
        x + 1, max(2, slot - 2), tuple(parts), f"{month}: {sum(one.number for one in found)}", first, last
    )


def _days_of(month: datetime) -> tuple[date, date]:
    first = timezone.localtime(month)
    return first.date(), (month_after(first, 1) - timedelta(hours=12)).date()
