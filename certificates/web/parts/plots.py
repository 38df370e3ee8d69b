"""Geometry of two plots: when certificates end, and how a switch lies in time. Whole numbers, for any locale."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import REPLACEMENT_WINDOW, Standing
from certificates.selectors.inventory import TimelineMark

MONTHS = 36
RADIUS = 5
STEP = 12
"""Distance between the centres of two marks, sideways and upwards."""
LABEL_WIDTH = 30
"""What the name of a month takes at most."""


@dataclass(frozen=True)
class Mark:
    """One certificate: where it stands, and what it says when pointed at."""

    x: int
    y: int
    certificate_id: UUID
    title: str
    acceptance: bool
    tone: str
    """soon, strange (not recognised), or nothing."""

    @property
    def diamond(self) -> str:
        """The outline of an acceptance mark."""
        return f"M{self.x} {self.y - 6}l6 6-6 6-6-6z"


@dataclass(frozen=True)
class Tick:
    """The first of a month; `label` is empty where there is no room."""

    x: int
    label: str
    new_year: bool

    @property
    def label_x(self) -> int:
        """Where the label begins."""
        return self.x + 4


@dataclass(frozen=True)
class Surplus:
    """How many more marks a column holds than fit."""

    x: int
    y: int
    count: int


@dataclass(frozen=True)
class Timeline:
    """The plot: production stands on the axis, acceptance hangs below it."""

    width: int
    height: int
    left: int
    right: int
    axis: int
    window: int
    marks: tuple[Mark, ...]
    surplus: tuple[Surplus, ...]
    ticks: tuple[Tick, ...]

    @property
    def window_width(self) -> int:
        """How far the 90 days reach."""
        return self.window - self.left

    @property
    def window_height(self) -> int:
        """From under its name to the foot of the plot."""
        return self.height - 22

    @property
    def tick_end(self) -> int:
        """Where the lines of the months end."""
        return self.axis + 6

    @property
    def label_y(self) -> int:
        """The base line of the month names."""
        return self.axis + 17


def month_after(start: datetime, ahead: int) -> datetime:
    """Return the beginning of the month that lies `ahead` months after that of `start`."""
    index = start.month - 1 + ahead
    return start.replace(
        year=start.year + index // 12, month=index % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def plot_timeline(
    marks: list[TimelineMark], now: datetime, *, width: int, every: int, deepest: int = 9
) -> Timeline:
    """Lay the ends of the coming 36 months out over `width` units, a month name at every `every`-th month."""
    now = timezone.localtime(now)
    end = month_after(now, MONTHS + 1)
    left, right = 8, width - 8
    span = (end - now).total_seconds()

    def at(moment: datetime) -> int:
        return left + round((moment - now).total_seconds() / span * (right - left))

    columns: Counter[tuple[bool, int]] = Counter()
    placed: list[tuple[int, int, bool, TimelineMark]] = []
    beyond: Counter[tuple[bool, int]] = Counter()
    for mark in marks:
        if not now <= mark.not_after < end:
            continue
        acceptance = mark.environment == Environment.ACCEPTANCE
        column = (at(mark.not_after) - left) // STEP
        level = columns[acceptance, column]
        columns[acceptance, column] += 1
        if level < deepest:
            placed.append((left + column * STEP + STEP // 2, level, acceptance, mark))
        else:
            beyond[acceptance, column] += 1
    above = max([level + 1 for _x, level, acceptance, _mark in placed if not acceptance], default=0)
    below = max([level + 1 for _x, level, acceptance, _mark in placed if acceptance], default=0)
    axis = 34 + max(4, above + 1) * STEP
    height = axis + 30 + max(2, below + 1) * STEP

    def y(level: int, acceptance: bool) -> int:
        return axis + 24 + level * STEP + STEP // 2 if acceptance else axis - level * STEP - STEP // 2 - 2

    return Timeline(
        width=width,
        height=height,
        left=left,
        right=right,
        axis=axis,
        window=at(now + REPLACEMENT_WINDOW),
        marks=tuple(
            Mark(x, y(level, acceptance), mark.certificate_id, _title(mark), acceptance, _tone(mark))
            for x, level, acceptance, mark in placed
        ),
        surplus=tuple(
            Surplus(left + column * STEP + STEP // 2, y(deepest, acceptance) + 4, count)
            for (acceptance, column), count in beyond.items()
        ),
        ticks=ticks_of(now, at, right, every),
    )


def _title(mark: TimelineMark) -> str:
    day = date_format(
        timezone.localtime(mark.not_after), pgettext("a short day, Django date format", "j M Y")
    )
    return f"{mark.common_name} · {day}"


def _tone(mark: TimelineMark) -> str:
    if mark.standing is Standing.NOT_RECOGNISED:
        return "strange"
    return "soon" if mark.standing in {Standing.RENEWABLE, Standing.ENDS_SOON} else ""


def ticks_of(
    now: datetime, at: Callable[[datetime], int], right: int, every: int, *, months: int = MONTHS
) -> tuple[Tick, ...]:
    """Return the first days of the coming months, placed by `at`."""
    ticks = []
    name = pgettext("a month on an axis, Django date format", "M")
    for ahead in range(1, months + 1):
        month = month_after(now, ahead)
        x = at(month)
        first = month.month == 1
        room = x < right - LABEL_WIDTH
        if first:
            label = str(month.year)
        elif month.month % every == 1 % every and room:
            label = date_format(month, name)
        else:
            label = ""
        ticks.append(Tick(x, label if room else "", first))
    return tuple(ticks)


@dataclass(frozen=True)
class Bar:
    """One validity on the drawing of a switch; `from_before` and `beyond` say that it is cut at an edge."""

    x: int
    width: int
    from_before: bool
    beyond: bool

    @property
    def end(self) -> int:
        """Where the bar ends."""
        return self.x + self.width


@dataclass(frozen=True)
class Switch:
    """Two validities side by side: the old one, the new one, the replacement period, today, and the switch."""

    width: int
    old: Bar
    new: Bar
    window: Bar
    today: int
    switched: int | None
    ticks: tuple[Tick, ...]

    HEIGHT = 104
    OLD_Y, NEW_Y, BAR, AXIS = 20, 48, 20, 78

    @property
    def today_label_x(self) -> int:
        """Where the word at the line of today stands, inside the drawing."""
        return max(20, min(self.width - 20, self.today))


def plot_switch(
    old: tuple[datetime, datetime],
    new: tuple[datetime, datetime],
    now: datetime,
    *,
    opens_at: datetime,
    switched_at: datetime | None,
    width: int,
    every: int,
) -> Switch:
    """Lay the months around a switch out over `width` units; `old` and `new` are begin and end of validity."""
    now = timezone.localtime(now)
    moments = [new[0], min(old[1], new[1]), now, max(opens_at, old[0])]
    start = timezone.localtime(min(moments)) - timedelta(days=45)
    end = timezone.localtime(max(moments)) + timedelta(days=150)
    left, right = 8, width - 8
    span = (end - start).total_seconds()

    def at(moment: datetime) -> int:
        place = left + round((moment - start).total_seconds() / span * (right - left))
        return max(left, min(right, place))

    def bar(begin: datetime, stop: datetime) -> Bar:
        x = at(begin)
        return Bar(x, max(2, at(stop) - x), begin < start, stop > end)

    return Switch(
        width,
        bar(*old),
        bar(*new),
        bar(max(opens_at, old[0]), old[1]),
        at(now),
        at(switched_at) if switched_at else None,
        ticks_of(start, at, right, every, months=_months_between(start, end)),
    )


def _months_between(start: datetime, end: datetime) -> int:
    return (end.year - start.year) * 12 + end.month - start.month
