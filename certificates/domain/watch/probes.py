"""Whether the government's services answer: what counts as available, how latency is kept, which hours count.

Available is an answer that does not report a missing component; an error of the business counts as available (Master
Service Agreement v2.0). The platform publishes no percentage and no latency: what is good enough is for each
organisation to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EVERY = timedelta(minutes=4)
"""How often each service is asked, give or take a quarter: gentle on services that thousands of others call."""
JITTER = 0.25
INCIDENT_AFTER = 3
"""From how many failures in a row on it is an incident; it began with the first of them."""


class Outcome(StrEnum):
    """What came of one call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """An error of the business, or a request that it does not take: whoever says that is there."""
    MISSING = "missing"
    """An answer that reports a missing component."""
    FAULTED = "faulted"
    """An answer that tells of a fault of the service itself, whatever was asked."""
    LATE = "late"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    """No answer that makes sense."""


UNAVAILABLE_CODES = frozenset({"02001", "02002"})
OF_THE_REQUEST = ("01", "03")
"""Codes of the platform that speak of the caller (not known, not allowed) and of the message."""


def outcome_of_fault(kind: str, code: str, faultcode: str) -> Outcome:
    """Return what a SOAP fault says of its service: `kind` and `code` of its SOA detail, empty where it has none.

    A system error of the platform's bus (SOA-00001 and the like) is an outage, whoever hears of it: nobody could have
    asked better. A refusal of the caller, the message or the business comes from a service that works.
    """
    number = code.removeprefix("SOA-")
    if number in UNAVAILABLE_CODES:
        return Outcome.MISSING
    if number.startswith(OF_THE_REQUEST) or kind == "BusinessError":
        return Outcome.REFUSED
    if kind == "SystemError" or number.startswith("00"):
        return Outcome.FAULTED
    if kind:
        return Outcome.REFUSED
    return Outcome.FAULTED if faultcode.rpartition(":")[2].startswith("Server") else Outcome.REFUSED


AVAILABLE = frozenset({Outcome.ANSWERED, Outcome.REFUSED})

FIRST, GROWTH, BUCKETS = 10.0, 1.35, 30
"""Latencies are counted up to 10, 13.5, 18.2 … milliseconds, 60 seconds at last: percentiles are true to a third."""
BOUNDS = tuple(round(FIRST * GROWTH**step, 1) for step in range(BUCKETS))


def percentile(counts: Sequence[int], share: float) -> int | None:
    """Return in how many milliseconds `share` of the calls were answered, within its bucket by proportion."""
    total = sum(counts)
    if not total:
        return None
    wanted, below = share * total, 0
    for number, count in enumerate(counts):
        if count and below + count >= wanted:
            low = BOUNDS[number - 1] if number else 0.0
            high = BOUNDS[number] if number < len(BOUNDS) else BOUNDS[-1] * GROWTH
            return round(low + (high - low) * (wanted - below) / count)
        below += count
    return round(BOUNDS[-1] * GROWTH)


@dataclass(frozen=True)
class Week:
    """The hours that count, Monday first: from one full hour (Belgian time) until before another; None for no hour."""

    days: tuple[tuple[int, int] | None, ...] = ((0, 24),) * 7

    def __post_init__(self) -> None:
        """Raise ValueError for what is no week."""
        if len(self.days) != 7 or not all(one is None or 0 <= one[0] < one[1] <= 24 for one in self.days):
            raise ValueError("seven days, each with hours from 0 to 24 in order")

    def hours(self) -> list[int]:
        """Return the hours of the week that count: 0 is Monday from midnight to one."""
        return [
            day * 24 + hour for day, one in enumerate(self.days) if one is not None for hour in range(*one)
        ]


def holidays(year: int) -> list[date]:
    """Return the legal holidays of Belgium in a year (Easter by the Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + weekday - 7 * ((a + 11 * h + 22 * weekday) // 451) + 114, 31)
    easter = date(year, month, day + 1)
    fixed = [date(year, *one) for one in ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25))]
    return sorted([*fixed, *(easter + timedelta(days=one) for one in (1, 39, 50))])
