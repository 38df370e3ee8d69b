"""Deadlines: how long something may take altogether, whatever trickles in meanwhile.

They are measured on a clock that nobody sets and that goes on while a machine sleeps or a process is stopped.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class TimeIsUp(TimeoutError):
    """The whole time that a call had is over."""


def elapsed() -> float:
    """Return seconds since some moment before; the difference of two is what passed, also while we stood still."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


_around: ContextVar["Deadline | None"] = ContextVar("the deadline of what a call is part of", default=None)


class Deadline:
    """The moment after which a call is cut off: never later than that of what it is part of (`within`)."""

    def __init__(self, seconds: float) -> None:
        self._end = elapsed() + seconds
        around = _around.get()
        if around is not None:
            self._end = min(self._end, around._end)

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeIsUp when none are."""
        left = self._end - elapsed()
        if left <= 0:
            raise TimeIsUp("the time is up")
        return left


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """Give all calls of the block together `seconds`, whatever each may take alone."""
    deadline = Deadline(seconds)
    token = _around.set(deadline)
    try:
        yield deadline
    finally:
        _around.reset(token)
