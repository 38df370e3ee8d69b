"""Reminding members by mail: each notice at a step once, all that is due to one reader in one letter.

The row of a reminder is claimed before its letter leaves and settled after it, reader by reader. A worker that dies in
between leaves a claim that lapses: then a reader may get the same letter twice, which is better than never.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from organisations.models import Organisation, Reminder, User
from organisations.services.audit import Actor, record
from organisations.services.letters.mail import Delivery, DeliveryStatus, Letter, Note, in_words_of, post
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=6)
"""How often an organisation is looked at."""
MOST_SECONDS = 120
"""After how many a look sends no further letter: it must end well within its lease."""
MOST_LETTERS = 20
"""How many letters one look sends: a slow mail server must not outlast the worker's time."""
CLAIM = timedelta(minutes=5)
"""How long a claim holds; longer than the worker may take for a whole look."""


class Urgency(IntEnum):
    """How soon a letter must be there; the most urgent leave first."""

    ROUTINE = 0
    """It speaks of what lies weeks ahead."""
    AT_ONCE = 1
    """Somebody is asked for something now."""
    EMERGENCY = 2
    """Somebody may be doing harm until it is read."""


HOUR, DAY = timedelta(hours=1), timedelta(days=1)

PAUSES: dict[Urgency, tuple[timedelta, ...]] = {
    Urgency.ROUTINE: (6 * HOUR, 1 * DAY, 2 * DAY),
    Urgency.AT_ONCE: (
        timedelta(minutes=5),
        timedelta(minutes=30),
        2 * HOUR,
        6 * HOUR,
        1 * DAY,
        2 * DAY,
    ),
    Urgency.EMERGENCY: (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(minutes=30),
        1 * HOUR,
        2 * HOUR,
        6 * HOUR,
        12 * HOUR,
        1 * DAY,
        2 * DAY,
    ),
}
"""How long a refused reminder waits before it is tried again; after the last one nothing more is tried."""

UNWRITTEN = "the letter could not be written"
"""The answer of a notice whose text failed: it waits like one that a mail server refused."""

AFTER_OUTAGE: dict[Urgency, timedelta] = {
    Urgency.ROUTINE: timedelta(minutes=5),
    Urgency.AT_ONCE: timedelta(minutes=2),
    Urgency.EMERGENCY: timedelta(minutes=1),
}
"""When somebody looks again after the mail server could not be reached: by the most urgent that waits."""


@dataclass(frozen=True)
class Notice:
    """Something that its readers are to be told once at this step. `kind` is a stable code."""

    kind: str
    step: int
    subject: models.Model
    readers: tuple[User, ...]
    write: Callable[[User], Note]
    """What to say; called in the reader's language."""
    not_before: datetime | None = None
    """When it is due, where that lies ahead: the organisation is looked at again then."""
    urgency: Urgency = Urgency.ROUTINE

    def to(self, readers: tuple[User, ...]) -> "Notice":
        """Return the same for other readers."""
        return replace(self, readers=readers)

    def key_for(self, reader: User) -> tuple[str, UUID, int, UUID]:
        """Return what one row of a reminder stands for: this notice at this step, for one reader."""
        return (self.kind, self.subject.pk, self.step, reader.pk)


Broken = list[Exception]
"""What went wrong with single notices, kinds of notices and readers, while the others were told."""
Find = Callable[[Organisation, datetime, Broken], Sequence[Notice]]
"""Names every notice of an organisation at a time, and for each who may know of it; runs for the platform itself."""


def remind_organisation(organisation_id: UUID, find: Find, *, now: datetime) -> None:
    """Mail what is due in a claimed organisation, and plan when to look again. Call outside transactions.

    Whoever wakes the organisation meanwhile has it looked at once more: what is told already is not told again. One
    notice, kind or reader that fails stops none of the others; after them the first such failure is raised, so that it
    stands with the organisation's row.
    """
    broken: Broken = []
    with acting_for([organisation_id], as_platform=True):
        organisation = Organisation.objects.get(pk=organisation_id)
        notices = find(organisation, now, broken)
        due_notices = [one for one in notices if one.not_before is None or one.not_before <= now]
        open_notices, again = _open_ones(due_notices, now)
    ahead = [one.not_before for one in notices if one.not_before is not None and one.not_before > now]
    moments = [now + EVERY, *ahead, *again]
    began = time.monotonic()
    for count, (reader, theirs) in enumerate(_by_reader(open_notices)):
        if count == MOST_LETTERS or time.monotonic() - began > MOST_SECONDS:
            moments.append(now)
            break
        told = _tell_alone(organisation, reader, theirs, now, broken)
        if told.again_at is not None:
            moments.append(told.again_at)
        if told.status is DeliveryStatus.UNREACHABLE:
            break
    _look_again(organisation_id, min(moments), now)
    if broken:
        raise broken[0]


def each_by_itself(finders: Iterable[Callable[[], Iterable[Notice]]], broken: Broken) -> list[Notice]:
    """Return what all `finders` find; one that fails, with its transaction, finds nothing and stands in `broken`."""
    found: list[Notice] = []
    for finder in finders:
        try:
            with transaction.atomic():
                found += finder()
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # whatever one kind breaks on, the others are told
            log.exception("notices_not_found")
            broken.append(error)
    return found


def _look_again(organisation_id: UUID, at: datetime, now: datetime) -> None:
    """Have a claimed organisation looked at again at `at`, unless somebody who woke it meanwhile wants it sooner."""
    # While a worker has it, its due time is the end of the lease; anything else was written by who woke it.
    unchanged = Q(reminders_due_at=F("leased_until")) | Q(leased_until=None, reminders_due_at__lte=now)
    planned = unchanged | Q(reminders_due_at__gt=at)
    with acting_for([organisation_id], as_platform=True):
        Organisation.objects.filter(planned, pk=organisation_id).update(reminders_due_at=at)


def wake(organisation_id: UUID, *, at: datetime) -> None:
    """Have an organisation looked at by `at`, unless it is sooner anyhow; a sweep finds it within seconds of that.

    In the caller's transaction where there is one.
    """
    with acting_for([organisation_id], as_platform=True):
        Organisation.objects.filter(pk=organisation_id, reminders_due_at__gt=at).update(reminders_due_at=at)


def _open_ones(notices: Sequence[Notice], now: datetime) -> tuple[list[tuple[User, Notice]], list[datetime]]:
    """Return the pairs still to be sent, and when those that were put off are tried again.

    Still to be sent is what was not sent, is not being sent, was not put off, and was not given up.
    """
    rows = Reminder.objects.filter(subject_id__in={one.subject.pk for one in notices})
    rows = rows.exclude(next_attempt_at__isnull=False, next_attempt_at__lte=now)
    done = {
        (kind, subject, step, recipient): again_at
        for kind, subject, step, recipient, again_at in rows.values_list(
            "kind", "subject_id", "step", "recipient_id", "next_attempt_at"
        )
    }
    pairs = [(reader, notice) for notice in notices for reader in dict.fromkeys(notice.readers)]
    put_off = [done.get(notice.key_for(reader)) for reader, notice in pairs]
    return (
        [(reader, notice) for reader, notice in pairs if notice.key_for(reader) not in done],
        [at for at in put_off if at is not None],
    )


def _by_reader(pairs: Iterable[tuple[User, Notice]]) -> list[tuple[User, list[Notice]]]:
    """Return who is told of what, the most urgent first: a mail server may give way before all is sent."""
    theirs: dict[User, list[Notice]] = {}
    for reader, notice in pairs:
        theirs.setdefault(reader, []).append(notice)
    return sorted(theirs.items(), key=lambda one: _urgency(one[1]), reverse=True)


def _urgency(notices: Iterable[Notice]) -> Urgency:
    return max((one.urgency for one in notices), default=Urgency.ROUTINE)


@dataclass(frozen=True)
class Told:
    """What became of one reader's letter; None where there was none to send, or nothing is to be tried again."""

    status: DeliveryStatus | None = None
    again_at: datetime | None = None


def _tell_alone(
    organisation: Organisation, reader: User, notices: Sequence[Notice], now: datetime, broken: Broken
) -> Told:
    """Mail one reader what is due; whatever goes wrong stands in `broken` and keeps nobody else from a letter."""
    try:
        return _tell(organisation, reader, notices, now, broken)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        log.exception("reader_not_told", reader=str(reader.pk))
        broken.append(error)
        return Told(again_at=now + CLAIM)


def _tell(
    organisation: Organisation, reader: User, notices: Sequence[Notice], now: datetime, broken: Broken
) -> Told:
    with acting_for([organisation.pk], as_platform=True):
        claimed = _claim(organisation, reader, notices, now)
    written, unwritten = _written(reader, claimed, broken)
    put_off = None
    if unwritten:
        with acting_for([organisation.pk], as_platform=True):
            put_off = _put_off(unwritten, UNWRITTEN, now)
    if not written:
        return Told(again_at=put_off)
    notes = [note for _notice, _row, note in written]
    told = [(notice, row) for notice, row, _note in written]
    delivery = post(reader, lambda: _letter(organisation, notes))
    again_at = write_down([organisation.pk], lambda: _settle(organisation, reader, told, delivery, now))
    return Told(delivery.status, min(filter(None, (again_at, put_off)), default=None))


def _written(
    reader: User, claimed: Sequence[tuple[Notice, Reminder]], broken: Broken
) -> tuple[list[tuple[Notice, Reminder, Note]], list[tuple[Notice, Reminder]]]:
    """Return the notices with their text in the reader's language, and those whose text cannot be written."""
    written: list[tuple[Notice, Reminder, Note]] = []
    unwritten: list[tuple[Notice, Reminder]] = []
    with in_words_of(reader):
        for notice, row in claimed:
            try:
                written.append((notice, row, notice.write(reader)))
            except SoftTimeLimitExceeded:
                raise
            except Exception as error:
                log.exception("notice_not_written", kind=notice.kind, subject=str(notice.subject.pk))
                broken.append(error)
                unwritten.append((notice, row))
    return written, unwritten


def _letter(organisation: Organisation, notes: Sequence[Note]) -> Letter:
    subject = {"title": notes[0].title, "more": len(notes) - 1, "organisation": organisation}
    if len(notes) == 1:
        return Letter(_("%(title)s – %(organisation)s") % subject, organisation, notes)
    return Letter(_("%(title)s, and %(more)d more – %(organisation)s") % subject, organisation, notes)


@transaction.atomic
def _claim(
    organisation: Organisation, reader: User, notices: Sequence[Notice], now: datetime
) -> list[tuple[Notice, Reminder]]:
    wanted = {notice.key_for(reader): notice for notice in notices}
    Reminder.objects.bulk_create(
        [
            Reminder(
                organisation=organisation,
                kind=notice.kind,
                subject_id=notice.subject.pk,
                step=notice.step,
                recipient=reader,
                created_at=now,
                next_attempt_at=now,
                private_to_id=getattr(notice.subject, "private_to_id", None),
            )
            for notice in notices
        ],
        ignore_conflicts=True,
    )
    rows = Reminder.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        organisation=organisation,
        recipient=reader,
        subject_id__in={notice.subject.pk for notice in notices},
        next_attempt_at__lte=now,
    )
    found = {(one.kind, one.subject_id, one.step, one.recipient_id): one for one in rows}
    claimed = [(notice, found[key]) for key, notice in wanted.items() if key in found]
    Reminder.objects.filter(pk__in=[row.pk for _notice, row in claimed]).update(next_attempt_at=now + CLAIM)
    return claimed


@transaction.atomic
def _settle(
    organisation: Organisation,
    reader: User,
    claimed: Sequence[tuple[Notice, Reminder]],
    delivery: Delivery,
    now: datetime,
) -> datetime | None:
    """Keep what became of a letter; return when it is to be tried again, None when it is not."""
    rows = Reminder.objects.filter(pk__in=[row.pk for _notice, row in claimed])
    if delivery.status is DeliveryStatus.UNREACHABLE:
        rows.update(next_attempt_at=now)
        return now + AFTER_OUTAGE[_urgency(notice for notice, _row in claimed)]
    if delivery.status is DeliveryStatus.REFUSED:
        return _put_off(claimed, delivery.answer, now)
    rows.update(sent_at=now, next_attempt_at=None, answer="")
    for notice, _row in claimed:
        record(
            organisation,
            "reminder_sent",
            notice.subject,
            actor=Actor.platform(),
            now=now,
            reminder=notice.kind,
            step=notice.step,
            member=str(reader),
        )
    return None


def _put_off(claimed: Sequence[tuple[Notice, Reminder]], answer: str, now: datetime) -> datetime | None:
    """Let each notice of a refused letter wait as its urgency says; return the first moment of them."""
    alike: dict[tuple[Urgency, int], list[UUID]] = {}
    for notice, row in claimed:
        alike.setdefault((notice.urgency, row.attempts), []).append(row.pk)
    moments = []
    for (urgency, tried), keys in alike.items():
        pauses = PAUSES[urgency]
        again = now + pauses[tried] if tried < len(pauses) else None
        Reminder.objects.filter(pk__in=keys).update(attempts=tried + 1, next_attempt_at=again, answer=answer)
        moments += [again] if again is not None else []
    return min(moments, default=None)
