"""A calendar as calendar programs read it (RFC 5545, RFC 7986): days of Belgium, alarms, and nothing but data in it.

The same data gives the same bytes: identities are made of what an event is about, times are those of the rows.
"""

import unicodedata
from datetime import UTC, date, timedelta
from uuid import uuid5

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import Alarm, Calendar, Event, vDuration, vUri

from certificates.domain.watch.calendar import OF_CERTIFICATES, Occasion
from certificates.selectors.calendar import Entry
from certificates.services.calendar.gather import Shown
from certificates.services.calendar.words import address_of, explained, title_of

DAY = timedelta(days=1)
MORNING = timedelta(hours=9)
EVERY, WRITTEN = timedelta(hours=6), "PT6H"
"""How often calendar programs are told to look again."""
MOST_TITLE = 300
BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ALARMS: dict[Occasion, tuple[timedelta, ...]] = {
    Occasion.WINDOW: (MORNING,),
    Occasion.LAST_SAFE: (MORNING - 7 * DAY, MORNING - DAY),
    Occasion.END: (MORNING - 7 * DAY, MORNING - DAY),
    Occasion.MANDATE: (MORNING - 30 * DAY, MORNING - 7 * DAY),
    Occasion.PAPER: (MORNING - 30 * DAY, MORNING - 7 * DAY),
    Occasion.DEADLINE: (MORNING - 3 * DAY, MORNING - DAY),
}
"""When the calendar speaks up, from the beginning of the day."""


def write_calendar(shown: Shown) -> bytes:
    """Return the calendar in its reader's language."""
    with translation.override(shown.language):
        calendar = Calendar()
        calendar.add("prodid", "-//ehportal//calendar//EN")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        name = _("Certificates of %(name)s") % {"name": _plain(shown.owner)}
        told = _reach(shown.until)
        for name_of, value in (
            ("name", name),
            ("x-wr-calname", name),
            ("description", told),
            ("x-wr-caldesc", told),
        ):
            calendar.add(name_of, value)
        calendar.add("refresh-interval", vDuration(EVERY), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", WRITTEN)
        meanings = {occasion: explained(occasion) for occasion in Occasion}
        several = len(shown.names) > 1
        for entry in shown.entries:
            calendar.add_component(_event(entry, shown, meanings[entry.occasion], several=several))
        return bytes(calendar.to_ical())


def _reach(until: date | None) -> str:
    if until is None:
        return _("From 30 days ago until 400 days ahead. What was renewed is not in it.")
    day = date_format(until, pgettext("a day, Django date format", "j F Y"))
    return _("From 30 days ago until %(day)s: more does not fit. What was renewed is not in it.") % {
        "day": day
    }


def _event(entry: Entry, shown: Shown, meaning: str, *, several: bool) -> Event:
    organisation = _plain(shown.names[entry.organisation])
    title = _plain(title_of(entry))[:MOST_TITLE]
    if several:
        title = f"{title} · {organisation}"
    address = address_of(entry)
    event = Event()
    event.add("uid", identity_of(entry))
    event.add("dtstamp", entry.stamp.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + DAY)
    event.add("summary", title)
    event.add("description", f"{meaning}\n{organisation}\n{address}")
    event.add("url", vUri(address))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    for before in ALARMS[entry.occasion]:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", before)
        event.add_component(alarm)
    return event


def identity_of(entry: Entry) -> str:
    """Return the identity of an event: the same for as long as it is about the same thing on the same day."""
    about = entry.name if entry.occasion in OF_CERTIFICATES else entry.key
    told = f"{entry.occasion}|{entry.environment}|{entry.day.isoformat()}|{about}"
    return f"{uuid5(entry.organisation, told)}@ehportal"


def _plain(text: str) -> str:
    """Return a text without what no calendar holds: control characters, and what changes the direction of writing."""
    kept = "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp", "Cs"} else one for one in text)
    return " ".join("".join(one for one in kept if one not in BIDI).split())
