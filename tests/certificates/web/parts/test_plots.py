"""Months and days in short, on the axes of the plots and beside them, as each language writes them."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import pgettext

from certificates.web.parts.plots import plot_timeline

SHORT = {
    "nl": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "fr": "jan. fév. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "de": "Jan. Feb. März April Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


@pytest.mark.parametrize(("language", "names"), SHORT.items())
def test_months_have_their_proper_short_names(language: str, names: str) -> None:
    every = names.split()
    with translation.override(language):
        plot = plot_timeline([], datetime(2026, 1, 15, tzinfo=UTC), width=3000, every=1)
        labels = [tick.label for tick in plot.ticks]
        day = date_format(
            datetime(2026, 7, 14, tzinfo=UTC), pgettext("a short day, Django date format", "j M Y")
        )
        moment = date_format(
            datetime(2026, 6, 14, 9, 5, tzinfo=UTC), pgettext("a moment, Django date format", "j M Y, H:i")
        )
    assert labels[:11] == every[1:]
    assert labels[11] == "2027"
    dot = "." if language == "de" else ""
    assert day == f"14{dot} {every[6]} 2026"
    assert moment == f"14{dot} {every[5]} 2026, 09:05"


@pytest.mark.parametrize("language", SHORT)
@pytest.mark.parametrize(("width", "every"), [(1000, 3), (340, 6), (340, 1)])
def test_no_label_leaves_the_plot(language: str, width: int, every: int) -> None:
    with translation.override(language):
        for month in range(1, 13):
            plot = plot_timeline([], datetime(2026, month, 15, tzinfo=UTC), width=width, every=every)
            ends = [tick.label_x + 6 * len(tick.label) for tick in plot.ticks if tick.label]
            assert max(ends) <= width
