"""When an end is told: the events of a certificate's life under a policy."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.wire.days import BRUSSELS
from certificates.domain.watch.notices import (
    LAST_SAFE,
    OPENS,
    STEPS,
    Event,
    Happening,
    Policy,
    events,
    passed,
)

END = datetime(2027, 6, 30, 12, 0, tzinfo=BRUSSELS)
DAY = timedelta(days=1)
OPENING = END - 90 * DAY


def told(policy: Policy, *, opens: datetime = OPENING) -> list[tuple[Happening, int]]:
    return [(one.happening, one.step) for one in events(policy, END, opens)]


def test_everything_is_told_in_the_order_in_which_it_comes() -> None:
    found = events(Policy(), END, OPENING)
    assert [one.at for one in found] == sorted(one.at for one in found)
    before = [one.step for one in found if one.kind == "renewal"]
    assert before == sorted({*STEPS, LAST_SAFE}, reverse=True)
    assert [one.step for one in found if one.kind == "ended"] == [0, 7, 14, 21, 28]
    assert found[0] == Event(Happening.OPENS, "renewal", OPENS, OPENING)


def test_the_opening_the_last_safe_day_and_the_last_day_are_events_of_their_own() -> None:
    happenings = dict.fromkeys(one for one, _step in told(Policy(steps=(30, 0))))
    assert list(happenings) == [
        Happening.OPENS, Happening.STEP, Happening.LAST_SAFE, Happening.LAST_DAY, Happening.ENDED,
    ]  # fmt: skip


def test_the_last_safe_day_is_told_whatever_an_organisation_chose() -> None:
    assert (Happening.LAST_SAFE, LAST_SAFE) in told(Policy(steps=(1,)))


@pytest.mark.parametrize(
    ("left", "steps"),
    [(120, [OPENS, 60, 10]), (60, [OPENS, 10]), (61, [OPENS, 60, 10]), (8, [OPENS]), (0, [OPENS])],
)
def test_what_lies_before_the_opening_is_not_told(left: int, steps: list[int]) -> None:
    found = events(Policy(steps=(60,), again_after=0), END, END - left * DAY - timedelta(hours=1))
    assert [one.step for one in found if one.kind == "renewal"] == steps


def test_a_step_is_a_belgian_day() -> None:
    late = datetime(2027, 6, 29, 22, 30, tzinfo=UTC)  # half past midnight on the 30th
    [one] = [
        one for one in events(Policy(), late, late - 90 * DAY) if one.step == 1 and one.kind == "renewal"
    ]
    assert one.at == datetime(2027, 6, 29, tzinfo=BRUSSELS)


@pytest.mark.parametrize(
    ("ahead", "kind", "step"),
    [
        (89 * DAY, "renewal", 90),
        (60 * DAY, "renewal", 60),
        (59 * DAY, "renewal", 60),
        (5 * DAY, "renewal", 7),
        (timedelta(hours=1), "renewal", 0),
        (timedelta(0), "ended", 0),
        (-8 * DAY, "ended", 7),
        (-90 * DAY, "ended", 28),
    ],
)
def test_the_latest_that_has_come_counts(ahead: timedelta, kind: str, step: int) -> None:
    found = passed(events(Policy(), END, OPENING), END - ahead)
    assert found is not None
    assert (found.kind, found.step) == (kind, step)


def test_before_the_opening_nothing_has_come() -> None:
    assert passed(events(Policy(), END, OPENING), OPENING - timedelta(seconds=1)) is None


def test_an_opening_after_the_end_is_none() -> None:
    found = events(Policy(), END, END + DAY)
    assert {one.kind for one in found} == {"ended"}


def test_what_has_no_end_is_told_nothing_after_it() -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert "ended" not in {one.kind for one in events(Policy(), never, never - 90 * DAY)}
