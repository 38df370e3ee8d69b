"""Days as Belgium names them: around midnight, in summer and winter time, and over the nights that change the clock."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from agent.wire.days import belgian_day, days_left, written_day, written_moment


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2027-03-28 21:59:59", date(2027, 3, 28)),
        ("2027-03-28 22:00:00", date(2027, 3, 29)),  # summer time since that morning
        ("2027-03-28 22:30:00", date(2027, 3, 29)),
        ("2027-03-27 22:30:00", date(2027, 3, 27)),  # still winter time
        ("2027-03-27 23:00:00", date(2027, 3, 28)),
        ("2026-10-31 22:59:59", date(2026, 10, 31)),
        ("2026-10-31 23:00:00", date(2026, 11, 1)),
        ("2026-12-31 23:30:00", date(2027, 1, 1)),
        ("2026-07-31 22:00:00", date(2026, 8, 1)),
    ],
)
def test_the_day_of_a_moment(moment: str, day: date) -> None:
    assert belgian_day(at(moment)) == day
    assert written_day(at(moment)) == f"{day:%d/%m/%Y}"
    elsewhere = at(moment).astimezone(timezone(timedelta(hours=-8)))
    assert written_day(elsewhere) == f"{day:%d/%m/%Y}", "a workstation's own clock does not count"


@pytest.mark.parametrize(
    ("now", "end", "days"),
    [
        ("2027-03-28 21:59:00", "2027-03-28 22:30:00", 1),  # half an hour, but tomorrow
        ("2027-03-28 22:01:00", "2027-03-28 22:30:00", 0),
        ("2027-03-28 22:01:00", "2027-03-29 21:59:00", 0),
        ("2027-03-28 23:59:00", "2027-03-28 22:30:00", 0),  # over, on its last day
        ("2027-03-29 22:00:00", "2027-03-28 22:30:00", -1),
        ("2027-01-10 22:59:00", "2027-01-10 23:30:00", 1),
        ("2027-01-10 23:01:00", "2027-01-11 22:59:00", 0),
        ("2027-03-20 22:30:00", "2027-03-30 22:30:00", 11),  # a night of 23 hours lies between
        ("2026-10-20 22:30:00", "2026-10-30 22:30:00", 9),  # and one of 25
    ],
)
def test_days_left(now: str, end: str, days: int) -> None:
    assert days_left(at(end), at(now)) == days
    assert days_left(belgian_day(at(end)), at(now)) == days


def test_a_moment_in_figures() -> None:
    assert written_moment(at("2027-03-28 22:30:00")) == "29/03/2027 00:30"
    assert written_moment(at("2027-01-10 22:30:00")) == "10/01/2027 23:30"
