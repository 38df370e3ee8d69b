"""What a feed shows at this moment: as much as fits into a calendar, in an order that does not change by itself."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import date, datetime
from uuid import UUID

from agent.wire.days import belgian_day
from agent.wire.version import VERSION
from certificates.domain.watch.calendar import reach as days_of
from certificates.selectors.calendar import Entry, Reach, certificate_entries, other_entries
from organisations.domain.roles import Permission
from organisations.services.feeds import OpenedFeed
from organisations.tenancy import acting_for

MOST_EVENTS = 1_000
"""What calendar programs still take at once: not quite a megabyte. Where there is more, the soonest days stay."""


@dataclass(frozen=True)
class Shown:
    """The events of a feed; `until` is its last day where not all of them fit."""

    entries: tuple[Entry, ...]
    names: dict[UUID, str]
    """Organisations by their ids."""
    language: str
    owner: str
    """Whose calendar it is."""
    until: date | None

    @property
    def tag(self) -> str:
        """What stays the same for as long as nothing that is shown changes."""
        told = (VERSION, self.language, self.owner, sorted(self.names.items()), self.until)
        digest = hashlib.sha256(repr(told).encode())
        for one in self.entries:
            digest.update(repr(astuple(one)).encode())
        return digest.hexdigest()[:40]


def gather(feed: OpenedFeed, now: datetime) -> Shown:
    """Read what `feed` shows: for its maker what they may see, for an organisation nothing that is private."""
    names = {one.organisation.pk: one.organisation.name for one in feed.tenancies}
    managed = tuple(one.organisation.pk for one in feed.tenancies if one.may(Permission.MANAGE_ORGANISATION))
    whose = Reach(tuple(names), managed, feed.user.pk if feed.organisation is None else None)
    first, last = days_of(belgian_day(now))
    with acting_for(names, user=feed.reader):
        found = certificate_entries(whose.organisations, first, last)
        if len(found) > MOST_EVENTS:
            found = certificate_entries(whose.organisations, first, last, names=0)
        found += other_entries(whose, first, last)
    found.sort(
        key=lambda one: (
            one.day,
            one.occasion,
            str(one.organisation),
            one.environment,
            one.name,
            str(one.key),
        )
    )
    until = found[MOST_EVENTS].day if len(found) > MOST_EVENTS else None
    language = feed.user.language if feed.organisation is None else feed.organisation.language
    owner = feed.user.full_name if feed.organisation is None else feed.organisation.name
    return Shown(tuple(found[:MOST_EVENTS]), names, language, owner, until)
