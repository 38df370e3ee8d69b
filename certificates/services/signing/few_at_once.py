"""Of a web process's threads, how many may wait for somebody outside: the others stay free for pages.

What a person waits for and no worker does yet (a token of the depot, the ApplicationIds of a number, the steps of a
token, the government's records) is asked in the web process, outside transactions. A government that hangs must not
take all its threads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings

from certificates.errors.signing import GovernmentUnavailable

QUEUEING = 0.5
"""Seconds to wait until another thread's call has ended."""
seats = BoundedSemaphore(settings.WEB_CALLS)


@contextmanager
def few_at_once() -> Iterator[None]:
    """Hold one of the places for calls to the outside. Raises GovernmentUnavailable when all are taken."""
    if not seats.acquire(timeout=QUEUEING):
        raise GovernmentUnavailable
    try:
        yield
    finally:
        seats.release()
