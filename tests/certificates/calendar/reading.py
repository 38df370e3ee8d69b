"""Feeds as calendar programs read them."""

from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar

from organisations.access import Tenancy, tenancies_of
from organisations.models import CalendarFeed, Organisation, User
from organisations.services.feeds import make_feed
from organisations.tenancy import acting_for


def feed_of(user: User, organisation: Organisation, *, shared: bool = False) -> tuple[CalendarFeed, str]:
    """Make a feed as `user` in an organisation, the organisation's where it is shared; return it and its address."""
    with acting_for([organisation.pk], user=user.pk):
        roles = dict(tenancies_of(user))[organisation]
        feed, secret = make_feed(
            Tenancy(user, organisation, roles), "Outlook", of_organisation=shared, now=datetime.now(UTC)
        )
    return feed, f"/calendar/feeds/{secret}.ics"


def calendar_of(content: bytes) -> Any:
    """Return a calendar, read by the library."""
    return Calendar.from_ical(content)


def events(content: bytes) -> list[Any]:
    """Return the events of a calendar, read by the library."""
    return list(calendar_of(content).walk("VEVENT"))


def titles(content: bytes) -> list[str]:
    """Return their titles."""
    return [str(one["SUMMARY"]) for one in events(content)]
