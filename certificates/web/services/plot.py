"""A bar a day: how much of a day's calls found a service available. Whole numbers, for any locale."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from certificates.selectors.probes import DAYS, Figures

SLOT, BAR, HEIGHT = 10, 8, 28
LEAST = 3
"""Of the bad part, so that a single failure is seen."""


@dataclass(frozen=True)
class DayBar:
    """One day: `bad` of its height stands for calls that found nothing; a day without calls has neither."""

    x: int
    title: str
    good: int
    bad: int

    @property
    def top(self) -> int:
        """Where the bad part begins; it hangs from above."""
        return HEIGHT - self.good - self.bad

    @property
    def base(self) -> int:
        """Where the good part begins."""
        return HEIGHT - self.good


@dataclass(frozen=True)
class Days:
    """The plot of one service."""

    bars: tuple[DayBar, ...]
    words: str

    WIDTH, HEIGHT, BAR = SLOT * DAYS, HEIGHT, BAR


def plot_days(found: Mapping[date, Figures], today: date) -> Days:
    """Lay the last days out, the oldest first."""
    bars, poor = [], 0
    for number in range(DAYS):
        day = today - timedelta(days=DAYS - 1 - number)
        figures = found.get(day, Figures())
        bad = HEIGHT - round(HEIGHT * figures.available / figures.calls) if figures.calls else 0
        if figures.calls and figures.available < figures.calls:
            poor += 1
            bad = max(LEAST, min(bad, HEIGHT))
        bars.append(DayBar(number * SLOT, _title(day, figures), HEIGHT - bad if figures.calls else 0, bad))
    words = _("The last 30 days: %(count)s of them with calls that were not answered") % {"count": poor}
    return Days(tuple(bars), words)


def _title(day: date, figures: Figures) -> str:
    written = date_format(day, pgettext("a short day, Django date format", "j M Y"))
    if not figures.calls:
        return _("%(day)s: nothing known") % {"day": written}
    return _("%(day)s: %(available)s of %(calls)s calls answered") % {
        "day": written,
        "available": figures.available,
        "calls": figures.calls,
    }
