"""Writing to one reader: all that is due in one letter. Each reader's row is claimed, tried again and fails alone.

What is told is read anew when the letter is written, so that after an outage it speaks of today, and of nothing that is
over. Rows of reminders are claimed before the letter leaves and settled after it. A worker that dies in between leaves
claims that lapse: then the reader may get the same letter twice, which is better than never.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Min, QuerySet
from django.utils.translation import gettext as _

from organisations.models import Organisation, Recipient, Reminder, User
from organisations.services.audit import Actor, record
from organisations.services.letters.mail import Delivery, DeliveryStatus, Letter, Note, in_words_of, post
from organisations.services.notices.look import due_to, wake
from organisations.services.notices.notice import AFTER_OUTAGE, PAUSES, Broken, Find, Notice, Urgency
from organisations.services.work.claims import plan_next, untouched
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for

log = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=5)
"""How long a claim on reminders holds; as long as the lease of the reader's row."""
UNWRITTEN = "the letter could not be written"
"""The answer of a notice whose text failed: it waits like one that a mail server refused."""

Claimed = Sequence[tuple[Notice, Reminder]]


def tell(organisation_id: UUID, recipient_id: UUID, find: Find, *, now: datetime) -> None:
    """Mail a claimed recipient what is due, and plan the next letter. Call outside transactions.

    A notice whose text fails is put off and leaves the others in the letter; after it the failure is raised, so that it
    stands with the recipient's row.
    """
    broken: Broken = []
    with acting_for([organisation_id], as_platform=True):
        recipient = Recipient.objects.select_related("organisation", "user").get(pk=recipient_id)
        claimed = _claim(recipient, find, now, broken) if _open(recipient, now).exists() else []
    written, unwritten = _written(recipient.user, claimed, broken)
    notes = [note for _notice, _row, note in written]
    told = [(notice, row) for notice, row, _note in written]
    delivery = post(recipient.user, lambda: _letter(recipient.organisation, notes)) if notes else None
    write_down([organisation_id], lambda: _settle(recipient, told, unwritten, delivery, now))
    if broken:
        raise broken[0]


def _open(recipient: Recipient, now: datetime) -> QuerySet[Reminder]:
    """Return the rows of what is due to a recipient."""
    rows = Reminder.objects.filter(organisation=recipient.organisation, recipient=recipient.user)
    return rows.filter(next_attempt_at__lte=now)


def _claim(recipient: Recipient, find: Find, now: datetime, broken: Broken) -> list[tuple[Notice, Reminder]]:
    """Claim what is still to be told; what is over meanwhile is not tried again, and was never told if never tried."""
    found = due_to(recipient.user, find(recipient.organisation, now, broken), now)
    with transaction.atomic():
        rows = {
            row.key: row for row in _open(recipient, now).select_for_update(skip_locked=True, of=("self",))
        }
        claimed = [(notice, rows.pop(key)) for key, notice in found.items() if key in rows]
        open_rows = Reminder.objects.filter(pk__in=[row.pk for _notice, row in claimed])
        open_rows.update(next_attempt_at=now + CLAIM)
        rest = Reminder.objects.filter(pk__in=[row.pk for row in rows.values()])
        if broken:  # a kind that could not be found may stand behind them
            rest.update(next_attempt_at=now + CLAIM)
        else:
            rest.filter(attempts=0).delete()
            rest.update(next_attempt_at=None)
            if rows:  # time went on: somebody else may be told, or this reader of the next step
                wake(recipient.organisation_id, at=now)
    return claimed


def _written(
    reader: User, claimed: Claimed, broken: Broken
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
def _settle(
    recipient: Recipient, told: Claimed, unwritten: Claimed, delivery: Delivery | None, now: datetime
) -> None:
    """Keep what became of the letter, and plan the recipient's next one: never before what was put off is due."""
    _put_off(unwritten, UNWRITTEN, now)
    not_before = now
    if delivery is not None:
        if delivery.status is DeliveryStatus.UNREACHABLE:
            Reminder.objects.filter(pk__in=[row.pk for _notice, row in told]).update(next_attempt_at=now)
            not_before = now + AFTER_OUTAGE[max(notice.urgency for notice, _row in told)]
        elif delivery.status is DeliveryStatus.REFUSED:
            _put_off(told, delivery.answer, now)
        else:
            _note_sent(recipient, told, now)
    rows = Reminder.objects.filter(organisation=recipient.organisation, recipient=recipient.user)
    first = rows.exclude(next_attempt_at=None).aggregate(first=Min("next_attempt_at"))["first"]
    if first is None:  # unless somebody wants a letter written since
        Recipient.objects.filter(untouched(now), pk=recipient.pk).update(burns=False)
    plan_next(Recipient, recipient.pk, first and max(first, not_before), now)


def _note_sent(recipient: Recipient, told: Claimed, now: datetime) -> None:
    rows = Reminder.objects.filter(pk__in=[row.pk for _notice, row in told])
    rows.update(sent_at=now, next_attempt_at=None, answer="")
    for notice, _row in told:
        record(
            recipient.organisation,
            "reminder_sent",
            notice.subject,
            actor=Actor.platform(),
            now=now,
            reminder=notice.kind,
            step=notice.step,
            member=str(recipient.user),
        )


def _put_off(claimed: Claimed, answer: str, now: datetime) -> None:
    """Let each notice of a refused letter wait as its urgency says; after its last try none is made."""
    alike: dict[tuple[Urgency, int], list[UUID]] = {}
    for notice, row in claimed:
        alike.setdefault((notice.urgency, row.attempts), []).append(row.pk)
    for (urgency, tried), keys in alike.items():
        pauses = PAUSES[urgency]
        again = now + pauses[tried] if tried < len(pauses) else None
        Reminder.objects.filter(pk__in=keys).update(
            attempts=F("attempts") + 1, next_attempt_at=again, answer=answer
        )
