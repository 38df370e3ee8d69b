"""One digest a person a day: what can wait leaves in it, outside quiet hours; what burns leaves at once.

A worker claims the reader's digest before it gathers what can wait, whatever the organisation, and settles it after the
letter; a claim of a worker that died lapses with the claims on its reminders. Whoever has the digest takes all that
waits for it, whenever it was put off until: else each night's news would take the place of what was put off by day.
"""

from datetime import datetime, time, timedelta

from django.db.models import Q

from agent.wire.days import BRUSSELS, belgian_day
from organisations.models import Organisation, Reader
from organisations.services.notices.notice import CLAIM

HOUR = 7
"""The hour at which a day of letters begins in Belgium: a reader who had one gets the next from then on."""


class Turn:
    """Whether what can wait leaves in this letter; asked of the database once, and only when something can wait."""

    def __init__(self, reader: Reader, now: datetime) -> None:
        self.reader = reader
        self.now = now
        self._claimed: bool | None = None

    @property
    def claimed(self) -> bool:
        """Whether the reader's digest of today is this letter's."""
        return self._claimed is True

    def covers(self, organisation: Organisation) -> bool:
        """Claim the digest for this letter, unless it is quiet in `organisation` or today's has gone.

        A letter that leaves anyway takes what waits in quiet organisations along.
        """
        if self.claimed:
            return True
        if quiet_until(organisation, self.now) is not None:
            return False
        if self._claimed is None:
            rows = type(self.reader)._default_manager.filter(pk=self.reader.pk)
            free = Q(digest_claimed_until=None) | Q(digest_claimed_until__lte=self.now)
            fresh = Q(digest_sent_at=None) | Q(digest_sent_at__lt=_start_of_day(self.now))
            self._claimed = bool(rows.filter(free, fresh).update(digest_claimed_until=self.now + CLAIM))
        return self._claimed

    def settle(self, *, sent: bool) -> None:
        """Note whether the digest has gone. Where it has not, the next letter may be it."""
        if self.claimed:
            values: dict[str, object] = {"digest_claimed_until": None}
            if sent:
                values["digest_sent_at"] = self.now
            type(self.reader)._default_manager.filter(pk=self.reader.pk).update(**values)

    def next_for(self, organisation: Organisation) -> datetime:
        """Return when what can wait is tried again where this letter does not cover it."""
        quiet = quiet_until(organisation, self.now)
        if quiet is not None:
            return quiet
        self.reader.refresh_from_db(fields=["digest_sent_at", "digest_claimed_until"])
        sent = self.reader.digest_sent_at
        if sent is None or sent < _start_of_day(self.now):  # somebody else is at it
            return self.reader.digest_claimed_until or self.now + CLAIM
        begun = belgian_day(_start_of_day(self.now))
        following = datetime.combine(begun + timedelta(days=1), time(HOUR), BRUSSELS)
        return quiet_until(organisation, following) or following


def quiet_until(organisation: Organisation, now: datetime) -> datetime | None:
    """Return when the quiet hours end in which `now` lies; None outside them, and where there are none."""
    begin, end = organisation.quiet_from, organisation.quiet_until
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(BRUSSELS)
    quiet = begin <= local.hour < end if begin < end else local.hour >= begin or local.hour < end
    if not quiet:
        return None
    day = local.date() if local.hour < end else local.date() + timedelta(days=1)
    return datetime.combine(day, time(end), BRUSSELS)


def _start_of_day(now: datetime) -> datetime:
    """Return when the day of letters began in which `now` lies."""
    begin = datetime.combine(belgian_day(now), time(HOUR), BRUSSELS)
    if now >= begin:
        return begin
    return datetime.combine(belgian_day(now) - timedelta(days=1), time(HOUR), BRUSSELS)
