"""Transactions that waited for each other: PostgreSQL gives one of them up, and that one is run once more."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

import structlog
from django.db import OperationalError

from organisations.tenancy import acting_for

T = TypeVar("T")

log = structlog.get_logger(__name__)

DEADLOCK = "40P01"
"""PostgreSQL's code: two transactions waited for each other, and this one was given up (SQLSTATE, class 40)."""


def is_deadlock(error: OperationalError) -> bool:
    """Return whether PostgreSQL gave the transaction up for another's sake; nothing of it was kept."""
    return getattr(error.__cause__, "sqlstate", "") == DEADLOCK


def once_more_on_deadlock(step: Callable[[], T]) -> T:
    """Run `step` and return its answer; once more when PostgreSQL gave its transaction up for another's sake.

    For what opens a transaction of its own and talks to nobody outside between its first statement and its end: what
    was said outside would be said twice. The second time a deadlock is raised.
    """
    try:
        return step()
    except OperationalError as error:
        if not is_deadlock(error):
            raise
        log.warning("deadlock", again=True)
    return step()


def write_down(organisations: Iterable[UUID], step: Callable[[], T]) -> T:
    """Run `step` in a transaction of the platform's own and return its answer; once more on a deadlock.

    For what is written down after a call outside: the call is not made again, the writing is.
    """
    named = list(organisations)

    def act() -> T:
        with acting_for(named, as_platform=True):
            return step()

    return once_more_on_deadlock(act)
