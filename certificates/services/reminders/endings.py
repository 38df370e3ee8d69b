"""What ends besides certificates, by one engine: found here, told by the organisation's rules, shown before it happens.

A further subject is one word of `About`, its default, and its finder in `FINDERS`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from agent.wire.days import days_left
from certificates.domain.watch.endings import About
from certificates.domain.watch.reminders import dated, step_before
from certificates.services.notices.endings import EndingWishes
from certificates.services.notices.readers import Readers
from certificates.services.reminders.ending import Ending
from certificates.services.reminders.escalation import told_since
from certificates.services.reminders.holders import ending_cards, ending_mandates
from certificates.services.reminders.papers import ending_papers
from certificates.services.reminders.trusted import ending_trust
from organisations.domain.mandates import belgian_day
from organisations.models import Organisation, Reader, Reminder
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice

Find = Callable[[Organisation, Readers, datetime, timedelta], Iterator[Ending]]

FINDERS: Mapping[About, Find] = {
    About.MANDATE: ending_mandates,
    About.CARD: ending_cards,
    About.PAPER: ending_papers,
    About.TRUSTED: ending_trust,
}
"""What ends within a time from now, by subject."""
AHEAD = timedelta(days=400)
"""How far the page looks ahead."""


def endings_told(
    about: About, organisation: Organisation, readers: Readers, now: datetime
) -> Iterator[Notice]:
    """Find what is to be told of one subject's ends by now, and of which nobody said that somebody takes care."""
    wishes = EndingWishes(organisation)
    policy = wishes.policy_of(about)
    found = [
        (one, step)
        for one in FINDERS[about](
            organisation, readers, now, timedelta(days=max(policy.steps, default=0) + 1)
        )
        if (step := step_before(policy.steps, days_left(one.ends_at, now))) is not None
    ]
    for one, step in found:
        to = wishes.readers(about, readers, one.person, left=days_left(one.ends_at, now))
        yield _notice(one, one.kind, step, to, one.write, mailed=policy.by_mail)
    if policy.escalate_after is None or not found:
        return
    kinds = {one.kind for one, _step in found}
    told = told_since(organisation, kinds, [one.subject.pk for one, _step in found])
    for one, step in found:
        since = told.get(one.subject.pk)
        if since is not None and since + timedelta(days=policy.escalate_after) <= now:
            to = (*readers.administrators, *wishes.correspondents(about))
            yield _notice(one, "escalation", step, to, _unanswered(one, policy.escalate_after))


def _notice(
    one: Ending,
    kind: str,
    step: int,
    to: tuple[Reader, ...],
    write: Callable[[Reader], Note],
    *,
    mailed: bool = True,
) -> Notice:
    return Notice(
        kind, _code(one, step), one.subject, to, write, ends_at=one.ends_at, answerable=True, mailed=mailed
    )


def _code(one: Ending, step: int) -> int:
    return dated(step, belgian_day(one.ends_at)) if one.dated else step


def _unanswered(one: Ending, days: int) -> Callable[[Reader], Note]:
    def write(reader: Reader) -> Note:
        said = one.write(reader)
        text = _("Whoever was told has not said within %(days)s days that somebody takes care of it.")
        return Note(said.title, f"{text % {'days': days}} {said.text}", said.path)

    return write


@dataclass(frozen=True)
class EndingAhead:
    """One thing that ends: what was told of it, and what will be told next."""

    ending: Ending
    told_at: datetime | None
    """When it was told last."""
    acknowledged_at: datetime | None
    next_at: datetime | None
    """The day on which it is told next; None when nothing more is."""
    next_to: Sequence[Reader]


def endings_ahead(organisation: Organisation, *, now: datetime) -> dict[About, list[EndingAhead]]:
    """Return what else ends within a year or so, with what was and will be told of it; some ten queries."""
    readers, wishes = Readers(organisation, now), EndingWishes(organisation)
    found = {about: list(find(organisation, readers, now, AHEAD)) for about, find in FINDERS.items()}
    subjects = {one.subject.pk for endings in found.values() for one in endings}
    rows: dict[tuple[str, object, int], list[Reminder]] = {}
    for row in Reminder.objects.filter(organisation=organisation, subject_id__in=subjects):
        rows.setdefault(row.key, []).append(row)
    return {
        about: [_ahead(one, about, wishes, readers, rows, now) for one in endings]
        for about, endings in found.items()
    }


def _ahead(
    one: Ending,
    about: About,
    wishes: EndingWishes,
    readers: Readers,
    rows: Mapping[tuple[str, object, int], Sequence[Reminder]],
    now: datetime,
) -> EndingAhead:
    policy, left = wishes.policy_of(about), days_left(one.ends_at, now)
    kept = [
        row for step in policy.steps for row in rows.get((one.kind, one.subject.pk, _code(one, step)), ())
    ]
    current = step_before(policy.steps, left)
    waits = current is not None and (one.kind, one.subject.pk, _code(one, current)) not in rows
    step = current if waits else max((step for step in policy.steps if step < left), default=None)
    return EndingAhead(
        one,
        max((row.sent_at or row.created_at for row in kept), default=None),
        max((row.acknowledged_at for row in kept if row.acknowledged_at), default=None),
        None if step is None else now if waits else now + timedelta(days=left - step),
        () if step is None else wishes.readers(about, readers, one.person, left=min(step, left)),
    )
