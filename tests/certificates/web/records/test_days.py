"""Days of the government's records are named as everywhere: in Belgium, and "no end" for what has none."""

import pytest
from django.utils import translation

from certificates.web.records.rows import _day


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("2027-03-28T22:30:00+00:00", "29 March 2027"),  # summer time: already the next day here
        ("2026-12-31T22:30:00+00:00", "31 December 2026"),
        ("2026-12-31T23:30:00+00:00", "1 January 2027"),
        ("2027-03-28", "28 March 2027"),
        ("9999-12-31T23:59:59+00:00", "no end"),
        ("", ""),
    ],
)
def test_a_day_is_the_belgian_one(told: str, shown: str) -> None:
    with translation.override("en"):
        assert _day(told) == shown
