"""Looking at an organisation: what its members are to be told is written down, reader by reader. Nothing leaves here.

A row of a reminder is one notice for one reader; a row of a recipient says when that reader's next letter is due, and
is the queue of letters (`organisations.services.notices.tell`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import Q

from organisations.domain.identifiers import mask_ssins
from organisations.domain.work import Lane
from organisations.models import Correspondent, Organisation, Reader, Recipient, Reminder, User
from organisations.services.letters.mail import Note, in_words_of
from organisations.services.notices.announce import announce
from organisations.services.notices.notice import Broken, Find, Key, Notice, Urgency
from organisations.services.work.claims import plan_next
from organisations.services.work.wakes import wake_on_commit
from organisations.tenancy import acting_for

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=6)
"""How often an organisation is looked at."""
SOON = timedelta(seconds=5)
"""Within which all are where something concerns all of them."""


def look_for_notices(organisation_id: UUID, find: Find, *, now: datetime) -> None:
    """Write down what is due in a claimed organisation, and plan when to look again. Call outside transactions.

    What stands already is not written again. One notice or kind that fails stops none of the others; after them the
    first such failure is raised, so that it stands with the organisation's row.
    """
    broken: Broken = []
    with acting_for([organisation_id], as_platform=True):
        organisation = Organisation.objects.get(pk=organisation_id)
        notices = find(organisation, now, broken)
        due = [one for one in notices if _is_due(one, now)]
        _write_down(organisation, due, now, broken)
        announce(organisation, due, now)
        ahead = [one.not_before for one in notices if one.not_before is not None and one.not_before > now]
        plan_next(Organisation, organisation_id, min([now + EVERY, *ahead]), now, due="reminders_due_at")
    if broken:
        raise broken[0]


def wake(organisation_id: UUID, *, at: datetime) -> None:
    """Have an organisation looked at by `at`, unless it is sooner anyhow; a worker finds it within seconds of that.

    In the caller's transaction where there is one.
    """
    with acting_for([organisation_id], as_platform=True):
        Organisation.objects.filter(pk=organisation_id, reminders_due_at__gt=at).update(reminders_due_at=at)


def wake_all() -> int:
    """Have every organisation looked at within seconds: what happened concerns all; return how many sleep no longer.

    In the caller's transaction where there is one, as its last step: it locks their rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehportal_look_at_all(make_interval(secs => %s))", [SOON.total_seconds()])
        woken = int(cursor.fetchone()[0])
    wake_on_commit(Lane.NOTICES)
    return woken


def due_to(reader: Reader, notices: Iterable[Notice], now: datetime) -> dict[Key, Notice]:
    """Return what `reader` is to be told at `now`, by its key, in the order in which it was found."""
    return {one.key: one for one in notices if _is_due(one, now) and reader in one.readers}


def _is_due(notice: Notice, now: datetime) -> bool:
    return notice.not_before is None or notice.not_before <= now


@transaction.atomic
def _write_down(organisation: Organisation, notices: Sequence[Notice], now: datetime, broken: Broken) -> None:
    """Keep a row for each notice and reader that has none, and have the readers written to by when theirs are due.

    Each row has its words, for the reader's page. One for the page alone whose text fails is left out, and looked for
    again; a letter tries it anew.
    """
    rows = Reminder.objects.filter(subject_id__in={one.subject.pk for one in notices})
    known: dict[tuple[Key, object], datetime | None] = {
        ((kind, subject, step), user or correspondent): due
        for kind, subject, step, user, correspondent, due in rows.values_list(
            "kind", "subject_id", "step", "recipient_id", "correspondent_id", "next_attempt_at"
        )
    }
    new: list[Reminder] = []
    when: dict[Reader, tuple[datetime, bool]] = {}
    for notice in notices:
        for reader in dict.fromkeys(notice.readers):
            due = known.get((notice.key, reader.pk), now)
            if due is None:  # told, or given up
                continue
            if (notice.key, reader.pk) not in known:
                row = _row(organisation, notice, reader, now)
                if _say(row, notice, reader, [] if notice.mailed else broken) or notice.mailed:
                    new.append(row)
            if not notice.mailed:
                continue
            moment, burns = when.get(reader, (due, False))
            when[reader] = (min(moment, due), burns or (notice.urgency > Urgency.ROUTINE and due <= now))
    Reminder.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    _have_written_to(organisation, {reader: (max(at, now), burns) for reader, (at, burns) in when.items()})


def _row(organisation: Organisation, notice: Notice, reader: Reader, now: datetime) -> Reminder:
    return Reminder(
        organisation=organisation,
        kind=notice.kind,
        subject_id=notice.subject.pk,
        subject_type=notice.subject._meta.label_lower,
        step=notice.step,
        answerable=notice.answerable,
        created_at=now,
        next_attempt_at=now if notice.mailed else None,
        private_to_id=getattr(notice.subject, "private_to_id", None),
        **_reader(reader, "recipient"),
    )


def _say(row: Reminder, notice: Notice, reader: Reader, broken: Broken) -> bool:
    """Write a notice into its row, in the reader's language; return whether that worked."""
    try:
        with in_words_of(reader):
            note_said(row, notice.write(reader))
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # whatever one text breaks on, the others are told
        log.exception("notice_not_written", kind=notice.kind, subject=str(notice.subject.pk))
        broken.append(error)
        return False
    return True


def note_said(row: Reminder, note: Note) -> bool:
    """Keep in a row, unsaved, what was said and where it leads; return whether it said something else before."""
    before = (row.title, row.path)
    row.title, row.path = mask_ssins(note.title)[:300], note.path[:300]
    return (row.title, row.path) != before


def _reader(reader: Reader, account: str) -> dict[str, object]:
    """Return the columns that name a reader; `account` is the one for accounts."""
    return {account: reader} if isinstance(reader, User) else {"correspondent": reader}


def _have_written_to(organisation: Organisation, when: dict[Reader, tuple[datetime, bool]]) -> None:
    """Have each reader's next letter due by its time, unless it is sooner anyhow."""
    rows = Recipient.objects.filter(organisation=organisation)
    mine = Q(user__in=[one for one in when if isinstance(one, User)])
    mine |= Q(correspondent__in=[one for one in when if isinstance(one, Correspondent)])
    known = {
        user or correspondent: pk
        for pk, user, correspondent in rows.filter(mine).values_list("pk", "user_id", "correspondent_id")
    }
    Recipient.objects.bulk_create(
        [
            Recipient(organisation=organisation, next_attempt_at=at, burns=burns, **_reader(reader, "user"))
            for reader, (at, burns) in when.items()
            if reader.pk not in known
        ],
        ignore_conflicts=True,
    )
    alike: dict[tuple[datetime, bool], list[UUID]] = {}
    for reader, planned in when.items():
        if reader.pk in known:
            alike.setdefault(planned, []).append(known[reader.pk])
    for (at, burns), keys in alike.items():
        if burns:
            rows.filter(pk__in=keys, burns=False).update(burns=True)
        later = Q(next_attempt_at=None) | Q(next_attempt_at__gt=at)
        rows.filter(later, pk__in=keys).update(next_attempt_at=at)
