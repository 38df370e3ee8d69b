"""A process whose clock is off is told so by the checks, before it starts."""

import time

import pytest
from django.core.checks import Tags, run_checks

from ehportal import clock

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    checked = run_checks(tags=[Tags.database], databases=["default"])
    return [one.msg for one in checked if one.id == "ehportal.E040"]


def test_clocks_that_agree_are_silent() -> None:
    assert found() == []


@pytest.mark.parametrize("off", [-4.0, 4.0])
def test_a_few_seconds_are_nothing(monkeypatch: pytest.MonkeyPatch, off: float) -> None:
    monkeypatch.setattr(clock, "process_time", lambda: time.time() + off)
    assert found() == []


@pytest.mark.parametrize(("off", "way"), [(31 * 86400.0, "ahead of"), (-3600.0, "behind")])
def test_a_clock_that_is_off_is_an_error(monkeypatch: pytest.MonkeyPatch, off: float, way: str) -> None:
    monkeypatch.setattr(clock, "process_time", lambda: time.time() + off)
    [said] = found()
    assert f"seconds {way} the database's; 5 are allowed" in said


def test_how_far_off_is_allowed_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(clock, "process_time", lambda: time.time() + 3600)
    settings.CLOCK_TOLERANCE_SECONDS = 7200  # type: ignore[attr-defined]  # the settings' fixture
    assert found() == []
    assert run_checks() is not None, "without a database nobody asks it"


def test_the_database_is_not_asked_where_it_was_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "process_time", lambda: time.time() + 3600)
    assert clock.clocks_agree(None) == []
    assert clock.clocks_agree(None, databases=[]) == []
