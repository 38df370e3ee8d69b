"""Circuits: a host that keeps us waiting is not called for a while, then once, and again by all when it answers.

The processes of an installation share what they know (organisations/services/circuits.py keeps it); where nobody keeps
it, every call is let through. `watch_calls` hears of every call: for metrics.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from outside.deadline import elapsed
from outside.errors import CallFailed, NotSent, Resting
from outside.leave import check_leave
from outside.standstill import Standstill

LONG = 1.0
"""Seconds after which a connection that failed counts: a refusal at once costs nobody anything."""


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    LATE = "late"
    REFUSED = "refused"
    """Somebody was there and took no connection."""
    UNREACHABLE = "unreachable"
    """Nothing left the house: no name, no way, no TLS."""
    BROKEN = "broken"
    """It left, and no whole answer came back."""
    RESTING = "resting"
    """It was not made: the host's circuit is open."""


class Admitted(StrEnum):
    """As what a call is let through."""

    CALM = "calm"
    """Nothing is known against the host."""
    AFTER_FAILURE = "after_failure"
    """The last call failed, and its circuit is closed still."""
    PROBE = "probe"
    """The one call by which it is found out whether the host answers again."""


class Circuits(Protocol):
    """What is known of silent hosts; `host` is a name with its port."""

    def admit(self, host: str) -> Admitted:
        """Let a call through, or raise Resting."""

    def rest_of(self, host: str) -> Resting | None:
        """Return what `admit` would raise now; None where it would let a call through."""

    def silent_since(self, host: str) -> datetime | None:
        """Return since when a host has not answered that is not called by everybody; None for any other."""

    def answered(self, host: str) -> None:
        """Forget that it failed."""

    def failed(self, host: str, *, probing: bool) -> None:
        """Count a failure that took long; while it rests only the probe's, since others were on their way before."""


class _Unknown:
    """Knows nothing, so every call is made."""

    def admit(self, host: str) -> Admitted:
        return Admitted.CALM

    def rest_of(self, host: str) -> Resting | None:
        return None

    def silent_since(self, host: str) -> datetime | None:
        return None

    def answered(self, host: str) -> None:
        """There is nothing to forget."""

    def failed(self, host: str, *, probing: bool) -> None:
        """Nobody counts."""


NONE: Circuits = _Unknown()
_kept: list[Circuits] = [NONE]
_watchers: list[Callable[[str, Outcome, float], None]] = []


def keep_circuits(circuits: Circuits) -> Circuits:
    """Ask `circuits` from now on; return those that were asked before."""
    before, _kept[0] = _kept[0], circuits
    return before


def rest_of(host: str) -> Resting | None:
    """Return that nobody is to call `host` now; None where a call would be let through."""
    return _kept[0].rest_of(host)


def silent_since(host: str) -> datetime | None:
    """Return since when `host` has not answered, where its circuit is open: pages say so."""
    return _kept[0].silent_since(host)


def watch_calls(watcher: Callable[[str, Outcome, float], None]) -> None:
    """Have `watcher` told of every call: host with port, outcome, seconds. It must be quick and not fail."""
    _watchers.append(watcher)


@contextmanager
def calling(host: str, *, told_as: str = "") -> Iterator[None]:
    """Make one call to `host` in the block. Raises Resting instead, where its circuit is open.

    `host` is the name of the circuit; metrics hear of the call under `told_as`, or the same name.

    Raises CallForbidden where nobody may call out. A call for most of which our own process stood still is no evidence
    against the host.
    """
    check_leave()
    circuits = _kept[0]
    try:
        admitted = circuits.admit(host)
    except Resting:
        _tell(told_as or host, Outcome.RESTING, 0.0)
        raise
    began = elapsed()
    with Standstill() as standstill:
        try:
            yield
        except (CallFailed, OSError) as error:
            took = elapsed() - began
            outcome = _outcome_of(error)
            _tell(told_as or host, outcome, took)
            if (outcome is Outcome.LATE or took >= LONG) and standstill.seconds() <= took / 2:
                circuits.failed(host, probing=admitted is Admitted.PROBE)
            raise
    if admitted is not Admitted.CALM:
        circuits.answered(host)
    _tell(told_as or host, Outcome.ANSWERED, elapsed() - began)


def _outcome_of(error: CallFailed | OSError) -> Outcome:
    """Return how a call failed; late is who kept us waiting, not where our own time was over before we asked."""
    cause = error.__cause__ if isinstance(error, CallFailed) else error
    if isinstance(cause, TimeoutError):
        return Outcome.LATE
    if isinstance(cause, ConnectionRefusedError):
        return Outcome.REFUSED
    return Outcome.UNREACHABLE if isinstance(error, NotSent) else Outcome.BROKEN


def _tell(host: str, outcome: Outcome, seconds: float) -> None:
    for watcher in _watchers:
        watcher(host, outcome, seconds)
