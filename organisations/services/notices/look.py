"""Looking at an organisation: what its members are to be told is written down, reader by reader. Nothing leaves here.

A row of a reminder is one notice for one reader; a row of a recipient says when that reader's next letter is due, and
is the queue of letters (`organisations.services.notices.tell`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from organisations.models import Organisation, Recipient, Reminder, User
from organisations.services.notices.notice import Broken, Find, Key, Notice, Urgency
from organisations.services.work.claims import plan_next
from organisations.tenancy import acting_for

EVERY = timedelta(hours=6)
"""How often an organisation is looked at."""


def look_for_notices(organisation_id: UUID, find: Find, *, now: datetime) -> None:
    """Write down what is due in a claimed organisation, and plan when to look again. Call outside transactions.

    What stands already is not written again. One notice or kind that fails stops none of the others; after them the
    first such failure is raised, so that it stands with the organisation's row.
    """
    broken: Broken = []
    with acting_for([organisation_id], as_platform=True):
        organisation = Organisation.objects.get(pk=organisation_id)
        notices = find(organisation, now, broken)
        _write_down(organisation, [one for one in notices if _is_due(one, now)], now)
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


def due_to(reader: User, notices: Iterable[Notice], now: datetime) -> dict[Key, Notice]:
    """Return what `reader` is to be told at `now`, by its key, in the order in which it was found."""
    return {one.key: one for one in notices if _is_due(one, now) and reader in one.readers}


def _is_due(notice: Notice, now: datetime) -> bool:
    return notice.not_before is None or notice.not_before <= now


@transaction.atomic
def _write_down(organisation: Organisation, notices: Sequence[Notice], now: datetime) -> None:
    """Keep a row for each notice and reader that has none, and have the readers written to by when theirs are due."""
    rows = Reminder.objects.filter(subject_id__in={one.subject.pk for one in notices})
    known: dict[tuple[Key, object], datetime | None] = {
        ((kind, subject, step), reader): due
        for kind, subject, step, reader, due in rows.values_list(
            "kind", "subject_id", "step", "recipient_id", "next_attempt_at"
        )
    }
    new: list[Reminder] = []
    when: dict[User, tuple[datetime, bool]] = {}
    for notice in notices:
        for reader in dict.fromkeys(notice.readers):
            due = known.get((notice.key, reader.pk), now)
            if due is None:  # told, or given up
                continue
            if (notice.key, reader.pk) not in known:
                new.append(_row(organisation, notice, reader, now))
            moment, burns = when.get(reader, (due, False))
            when[reader] = (min(moment, due), burns or (notice.urgency > Urgency.ROUTINE and due <= now))
    Reminder.objects.bulk_create(new, ignore_conflicts=True)
    _have_written_to(organisation, {reader: (max(at, now), burns) for reader, (at, burns) in when.items()})


def _row(organisation: Organisation, notice: Notice, reader: User, now: datetime) -> Reminder:
    return Reminder(
        organisation=organisation,
        kind=notice.kind,
        subject_id=notice.subject.pk,
        step=notice.step,
        recipient=reader,
        created_at=now,
        next_attempt_at=now,
        private_to_id=getattr(notice.subject, "private_to_id", None),
    )


def _have_written_to(organisation: Organisation, when: dict[User, tuple[datetime, bool]]) -> None:
    """Have each reader's next letter due by its time, unless it is sooner anyhow."""
    theirs = Recipient.objects.filter(organisation=organisation)
    known = set(theirs.filter(user__in=when).values_list("user_id", flat=True))
    Recipient.objects.bulk_create(
        [
            Recipient(organisation=organisation, user=user, next_attempt_at=at, burns=burns)
            for user, (at, burns) in when.items()
            if user.pk not in known
        ],
        ignore_conflicts=True,
    )
    alike: dict[tuple[datetime, bool], list[User]] = {}
    for user, planned in when.items():
        if user.pk in known:
            alike.setdefault(planned, []).append(user)
    for (at, burns), users in alike.items():
        later = Q(next_attempt_at=None) | Q(next_attempt_at__gt=at)
        rows = theirs.filter(later, user__in=users)
        if burns:
            theirs.filter(user__in=users, burns=False).update(burns=True)
        rows.update(next_attempt_at=at)
