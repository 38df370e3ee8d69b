"""Feeds as calendar programs read them."""

from icalendar import Calendar, Event

from organisations.access import Tenancy, tenancies_of
from organisations.models import CalendarFeed, Organisation, User
from organisations.services.feeds import make_feed
from organisations.tenancy import acting_for
from datetime import UTC, datetime


def feed_of(user: User, organisation: Organisation, *, shared: bool = False) -> tuple[CalendarFeed, str]:
    """Make a feed as `user` in an organisation, the organisation's where it is shared; return it and its address."""
    with acting_for([organisation.pk], user=user.pk):
        roles = dict(tenancies_of(user))[organisation]
        feed, secret = make_feed(
            Tenancy(user, organisation, roles), "Outlook", of_organisation=shared, now=datetime.now(UTC)
        )
    return feed, f"/calendar/feeds/{secret}.ics"


def events(content: bytes) -> list[Event]:
    """Return the events of a calendar, read by the library."""
    return [one for one in Calendar.from_ical(content).walk("VEVENT") if isinstance(one, Event)]


def titles(content: bytes) -> list[str]:
    """Return their titles."""
    return [str(one["SUMMARY"]) for one in events(content)]
