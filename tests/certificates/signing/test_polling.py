"""Asking again: pauses grow, stay under their cap, spread, and end."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.domain.polling import Patience

PATIENCE = Patience(first=2, last=6 * 3600, give_up=timedelta(days=30))
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Middle(random.Random):
    """No jitter at all."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_pauses_grow_to_the_cap_and_stay_there() -> None:
    pauses = [PATIENCE.pause(attempts, jitter=Middle()).total_seconds() for attempts in range(40)]
    assert pauses[0] == 2
    assert pauses == sorted(pauses)
    assert pauses[-1] == 6 * 3600
    growing = [pause for pause in pauses if pause < 6 * 3600]
    assert all(later == pytest.approx(1.6 * earlier) for earlier, later in pairwise(growing))
    assert len(growing) < 22, "hours, not days, until the cap"


@given(st.integers(0, 10**9), st.integers())
def test_jitter_is_at_most_a_tenth(attempts: int, seed: int) -> None:
    middle = PATIENCE.pause(attempts, jitter=Middle())
    pause = PATIENCE.pause(attempts, jitter=random.Random(seed))  # noqa: S311  # a spread, not a secret
    assert 0.9 * middle <= pause <= 1.1 * middle
    assert pause <= timedelta(hours=6.6)


def test_jitter_spreads() -> None:
    pauses = {PATIENCE.pause(5) for _ in range(50)}
    assert len(pauses) > 40


@pytest.mark.parametrize(
    ("waited", "over"),
    [
        (timedelta(0), False),
        (timedelta(days=30) - timedelta(microseconds=1), False),
        (timedelta(days=30), True),
        (timedelta(days=300), True),
        (timedelta(days=-1), False),
    ],
)
def test_patience_ends(waited: timedelta, over: bool) -> None:
    assert PATIENCE.exhausted(NOW - waited, NOW) is over


def test_thirty_days_cost_few_questions() -> None:
    asked, at = 0, timedelta(0)
    while at < PATIENCE.give_up:
        at += PATIENCE.pause(asked, jitter=Middle())
        asked += 1
    assert asked < 150
