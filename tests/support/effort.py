"""How much work something is, and waiting for something: neither asserts what time it is on the wall."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 180.0
"""Seconds that anything may take on the busiest machine; whoever waits returns as soon as it is there."""
_PAUSE = 0.05


class Effort:
    """Seconds of the processor that this thread has spent since the measuring began."""

    def __init__(self) -> None:
        self._began = time.thread_time()

    @property
    def seconds(self) -> float:
        """Until now. What other threads and processes do meanwhile does not count."""
        return time.thread_time() - self._began


@contextmanager
def effort_below(seconds: float) -> Iterator[None]:
    """Fail when the body takes this thread more of the processor. Say many times what it takes."""
    effort = Effort()
    yield
    spent = effort.seconds
    assert spent < seconds, f"{spent:.2f} s of the processor"


def until(there: Callable[[], object], what: str = "it") -> None:
    """Look again and again until `there` gives something true; fails after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come")
        time.sleep(_PAUSE)
