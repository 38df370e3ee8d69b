"""How often a connection calls, and how that ended: counted in the shared cache, no row is written for a call.

Redis may be lost at any moment: then nobody is counted and nobody refused, and for a while it is not asked again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import caches
from redis.exceptions import RedisError

T = TypeVar("T")
log = structlog.get_logger(__name__)

CACHE = "calls"
WINDOW = 60
"""Seconds in which calls are counted together."""
REST = 10.0
"""Seconds for which a cache that failed is left alone."""
DAYS = 7
"""For how many days outcomes are shown."""
KEPT = int(timedelta(days=DAYS + 1).total_seconds())

_resting_until = 0.0


class Outcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    REFUSED = "refused"
    TOO_MANY = "too_many"
    FAILED = "failed"


def outcome_of(status: int) -> Outcome:
    """Return what a status of HTTP says of a call."""
    if status == 429:
        return Outcome.TOO_MANY
    if status >= 500:
        return Outcome.FAILED
    return Outcome.REFUSED if status >= 400 else Outcome.DONE


@dataclass(frozen=True)
class Allowance:
    """How much a connection may still do within the window that runs."""

    most: int
    left: int
    seconds: int
    """Until the next window."""
    over: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The same as the fields of draft-ietf-httpapi-ratelimit-headers, and Retry-After once it is used up."""
        found = {
            "RateLimit-Policy": f'"calls";q={self.most};w={WINDOW}',
            "RateLimit": f'"calls";r={self.left};t={self.seconds}',
        }
        return found | ({"Retry-After": str(self.seconds)} if self.over else {})


def take_one(connection: UUID, now: datetime) -> Allowance:
    """Count one call of a connection and return what is left."""
    most, moment = int(settings.API_CALLS_A_MINUTE), int(now.timestamp())
    counted = _asked(lambda: _add(f"{connection}:{moment // WINDOW}", 2 * WINDOW), 0)
    return Allowance(most, max(0, most - counted), WINDOW - moment % WINDOW, over=counted > most)


def count_outcome(connection: UUID, status: int, now: datetime) -> None:
    """Count how a call of a connection ended."""
    _asked(lambda: _add(_name(connection, outcome_of(status), now.date()), KEPT), 0)


def outcomes_of(connection: UUID, now: datetime) -> dict[Outcome, int] | None:
    """Return how the calls of the last seven days ended; None where that is not known just now."""
    names = {
        _name(connection, one, now.date() - timedelta(days=back)): one
        for one in Outcome
        for back in range(DAYS)
    }
    found = _asked(lambda: caches[CACHE].get_many(names), None)
    if found is None:
        return None
    return {one: sum(int(number) for name, number in found.items() if names[name] is one) for one in Outcome}


def _name(connection: UUID, outcome: Outcome, day: date) -> str:
    return f"{connection}:{outcome.value}:{day.isoformat()}"


def _add(name: str, seconds: int) -> int:
    cache = caches[CACHE]
    cache.add(name, 0, seconds)
    try:
        return int(cache.incr(name))
    except ValueError:  # it ran out between the two
        return 1


def _asked(ask: Callable[[], T], otherwise: T) -> T:
    global _resting_until
    if time.monotonic() < _resting_until:
        return otherwise
    try:
        return ask()
    except (RedisError, OSError):
        _resting_until = time.monotonic() + REST
        log.warning("calls_not_counted")
        return otherwise
