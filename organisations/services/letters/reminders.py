"""Reminding members by mail: each notice at a step once, all that is due to one reader in one letter.

The row of a reminder is claimed before its letter leaves and settled after it, reader by reader. A worker that dies in
between leaves a claim that lapses: then a reader may get the same letter twice, which is better than never.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from organisations.models import Organisation, Reminder, User
from organisations.services.audit import Actor, record
from organisations.services.letters.mail import Delivery, DeliveryStatus, Letter, Note, post
from organisations.tenancy import acting_for

EVERY = timedelta(hours=6)
"""How often an organisation is looked at."""
AFTER_OUTAGE = timedelta(minutes=5)
"""When it is looked at again after the mail server could not be reached."""
MOST_LETTERS = 20
"""How many letters one look sends: a slow mail server must not outlast the worker's time."""
CLAIM = timedelta(minutes=30)
"""How long a claim holds; far longer than any letter takes."""
PAUSES = (timedelta(hours=6), timedelta(days=1), timedelta(days=2))
"""How long a refused reminder waits before it is tried again; after the last one nothing more is tried."""


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

    def to(self, readers: tuple[User, ...]) -> "Notice":
        """Return the same for other readers."""
        return replace(self, readers=readers)

    def key_for(self, reader: User) -> tuple[str, UUID, int, UUID]:
        """Return what one row of a reminder stands for: this notice at this step, for one reader."""
        return (self.kind, self.subject.pk, self.step, reader.pk)


def remind_organisation(
    organisation_id: UUID, find: Callable[[Organisation, datetime], Sequence[Notice]], *, now: datetime
) -> None:
    """Mail what is due in a claimed organisation, and plan when to look again. Call outside transactions.

    `find` runs for the platform itself: it names for each notice who may know of it. Whoever wakes the organisation
    meanwhile has it looked at once more: what is told already is not told again.
    """
    with acting_for([organisation_id], as_platform=True):
        organisation = Organisation.objects.get(pk=organisation_id)
        notices = find(organisation, now)
        open_notices = _without_done(
            [one for one in notices if one.not_before is None or one.not_before <= now], now
        )
    ahead = [one.not_before for one in notices if one.not_before is not None and one.not_before > now]
    again = min([*ahead, now + EVERY])
    for count, (reader, theirs) in enumerate(_by_reader(open_notices)):
        if count == MOST_LETTERS:
            again = now
            break
        if not _tell(organisation, reader, theirs, now):
            again = min(again, now + AFTER_OUTAGE)
            break
    _look_again(organisation_id, again, now)


def _look_again(organisation_id: UUID, at: datetime, now: datetime) -> None:
    """Have a claimed organisation looked at again at `at`, unless somebody who woke it meanwhile wants it sooner."""
    planned = (
        Q(reminders_due_at__lte=now) | Q(reminders_due_at=F("leased_until")) | Q(reminders_due_at__gt=at)
    )
    with acting_for([organisation_id], as_platform=True):
        Organisation.objects.filter(planned, pk=organisation_id).update(reminders_due_at=at)


def wake(organisation_id: UUID, *, at: datetime) -> None:
    """Have an organisation looked at by `at`, unless it is sooner anyhow; a sweep finds it within seconds of that.

    In the caller's transaction where there is one.
    """
    with acting_for([organisation_id], as_platform=True):
        Organisation.objects.filter(pk=organisation_id, reminders_due_at__gt=at).update(reminders_due_at=at)


def _without_done(notices: Sequence[Notice], now: datetime) -> list[tuple[User, Notice]]:
    """Return the pairs still to be sent: not sent, not being sent, not put off, and not given up."""
    rows = Reminder.objects.filter(subject_id__in={one.subject.pk for one in notices})
    rows = rows.exclude(next_attempt_at__isnull=False, next_attempt_at__lte=now)
    done = set(rows.values_list("kind", "subject_id", "step", "recipient_id"))
    return [
        (reader, notice)
        for notice in notices
        for reader in dict.fromkeys(notice.readers)
        if notice.key_for(reader) not in done
    ]


def _by_reader(pairs: Iterable[tuple[User, Notice]]) -> Iterable[tuple[User, list[Notice]]]:
    theirs: dict[User, list[Notice]] = {}
    for reader, notice in pairs:
        theirs.setdefault(reader, []).append(notice)
    return theirs.items()


def _tell(organisation: Organisation, reader: User, notices: Sequence[Notice], now: datetime) -> bool:
    """Mail one reader what is due; return False when the mail server could not be reached."""
    with acting_for([organisation.pk], as_platform=True):
        claimed = _claim(organisation, reader, notices, now)
    if not claimed:
        return True
    told = [notice for notice, _row in claimed]
    delivery = post(reader, lambda: _letter(organisation, [notice.write(reader) for notice in told]))
    with acting_for([organisation.pk], as_platform=True):
        _settle(organisation, reader, claimed, delivery, now)
    return delivery.status is not DeliveryStatus.UNREACHABLE


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
) -> None:
    rows = Reminder.objects.filter(pk__in=[row.pk for _notice, row in claimed])
    if delivery.status is DeliveryStatus.UNREACHABLE:
        rows.update(next_attempt_at=now)
        return
    if delivery.status is DeliveryStatus.REFUSED:
        for tried in {row.attempts for _notice, row in claimed}:
            again = now + PAUSES[tried] if tried < len(PAUSES) else None
            rows.filter(attempts=tried).update(
                attempts=tried + 1, next_attempt_at=again, answer=delivery.answer
            )
        return
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
