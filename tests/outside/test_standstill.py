"""A process that stood still is no evidence against the host that it was calling."""

import pytest

from outside import circuits, standstill
from outside.circuits import Admitted, calling, keep_circuits
from outside.errors import NoAnswer
from outside.standstill import LEAST, Standstill

HOST = "slow.example:443"


class Noted:
    """Circuits that let every call through and note what is said against a host."""

    def __init__(self) -> None:
        self.failures = 0

    def admit(self, host: str) -> Admitted:
        return Admitted.CALM

    def rest_of(self, host: str) -> None:
        return None

    def silent_since(self, host: str) -> None:
        return None

    def answered(self, host: str) -> None:
        raise AssertionError("nothing was against it")

    def failed(self, host: str, *, probing: bool) -> None:
        self.failures += 1


class Clock:
    """The clock that goes on while a process stands still, put forward by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def noted(every_call_is_made: None) -> Noted:
    made = Noted()
    keep_circuits(made)
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(circuits, "elapsed", made)
    monkeypatch.setattr(standstill, "elapsed", made)
    return made


def fail(clock: Clock, *steps: float) -> None:
    """A call that fails for its time after the clock went on in `steps`, each noticed before the next."""
    with calling(HOST):
        for step in steps:
            for one in Ticking.all:
                one.seconds()
            clock.now += step
        raise NoAnswer("no answer in time") from TimeoutError()


def late(clock: Clock, *steps: float) -> None:
    with pytest.raises(NoAnswer):
        fail(clock, *steps)


def test_what_stood_still_says_nothing_against_the_host(noted: Noted, clock: Clock) -> None:
    for _ in range(5):
        late(clock, 3600)
    assert noted.failures == 0


def test_a_host_that_is_late_while_we_run_is(noted: Noted, clock: Clock) -> None:
    late(clock, 0.0)
    late(clock, LEAST - 0.5)
    assert noted.failures == 2, "a pause as a busy machine has it is none"


def test_a_short_stop_in_a_long_call_excuses_no_host(noted: Noted, clock: Clock) -> None:
    late(clock, *[1.0] * 40, 5.0)
    assert noted.failures == 1


class Ticking(Standstill):
    """A standstill that is known here."""

    all: list["Ticking"] = []

    def __init__(self) -> None:
        super().__init__()
        self.all.append(self)


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    Ticking.all = []
    monkeypatch.setattr(circuits, "Standstill", Ticking)


def test_it_notices_by_itself(clock: Clock) -> None:
    with Standstill() as watched:
        assert watched.seconds() == 0
        clock.now += 60
        assert 59 < watched.seconds() <= 60
        clock.now += 30
        assert 88 < watched.seconds() <= 90
