"""Days as people in Belgium name them: one way for pages, letters, the API and the agent.

Moments are kept in UTC; a certificate that ends at 22:30 UTC on 28 March ends on the 29th for whoever uses it.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

BRUSSELS: Final = ZoneInfo("Europe/Brussels")


def belgian_day(moment: datetime) -> date:
    """Return the day that it is in Belgium at `moment`; the last of all where none comes after it."""
    try:
        return moment.astimezone(BRUSSELS).date()
    except OverflowError:
        return date.max


def days_left(end: datetime | date, now: datetime) -> int:
    """Return how many days after today the last one is: 0 on that day itself, negative once it is over."""
    last = belgian_day(end) if isinstance(end, datetime) else end
    return (last - belgian_day(now)).days


def written_day(moment: datetime) -> str:
    """Return the Belgian day of `moment` in figures, the same on a workstation of any time zone."""
    return f"{belgian_day(moment):%d/%m/%Y}"


def written_moment(moment: datetime) -> str:
    """Return the Belgian day and time of `moment` in figures."""
    return f"{moment.astimezone(BRUSSELS):%d/%m/%Y %H:%M}"
