"""Holding the call of an agent of before until a worker has answered: few at once, and briefly.

It sends the same again by itself where it is told that nothing came of it yet (503).
"""

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from organisations.errors import DomainError

T = TypeVar("T")

LOOK_EVERY = 0.1
"""Seconds between two looks, each a short transaction of its own."""
PLACES = 2
"""How many threads of a web process may be held like this at once; the others stay free."""
places = BoundedSemaphore(PLACES)


def held(
    look: Callable[[], T],
    waiting: type[Exception] | tuple[type[Exception], ...],
    *,
    seconds: float,
    otherwise: type[DomainError],
) -> T:
    """Return what `look` returns once it raises `waiting` no more. Call outside transactions.

    Raises what else `look` raises, and `otherwise` when the time is over, or too many threads wait already.
    """
    if not places.acquire(blocking=False):
        raise otherwise
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(LOOK_EVERY)
            try:
                return look()
            except waiting:
                continue
        raise otherwise
    finally:
        places.release()
