"""Writing to one reader: all that is due in one letter. Each reader's row is claimed, tried again and fails alone.

What is told is read anew when the letter is written, so that after an outage it speaks of today, and of nothing that is
over. Rows of reminders are claimed before the letter leaves and settled after it. A worker that dies in between leaves
claims that lapse: then the reader may get the same letter twice, which is better than never.

What can wait leaves once a day, for all organisations of the reader together (`digest.py`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from organisations.domain.roles import Permission, Role, permissions_of
from organisations.models import Membership, Reader, Recipient, Reminder
from organisations.services.audit import Actor, event, record_all
from organisations.services.letters.mail import Delivery, DeliveryStatus, in_words_of, post
from organisations.services.notices.answers import answer_path
from organisations.services.notices.digest import Turn
from organisations.services.notices.letter import Told, letter_of
from organisations.services.notices.look import due_to, note_said, wake
from organisations.services.notices.notice import (
    AFTER_OUTAGE,
    CLAIM,
    PAUSES,
    Broken,
    Find,
    Listing,
    Notice,
    Urgency,
)
from organisations.services.work.claims import plan_next, untouched
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for, organisations_of_user

log = structlog.get_logger(__name__)

UNWRITTEN = "the letter could not be written"
"""The answer of a notice whose text failed: it waits like one that a mail server refused."""

Claimed = Sequence[tuple[Notice, Reminder]]
Batch = tuple[Recipient, Claimed]
"""What is claimed of one organisation, for its reader."""


def tell(
    organisation_id: UUID, recipient_id: UUID, find: Find, *, now: datetime, listing: Listing | None = None
) -> None:
    """Mail a claimed recipient what is due, and plan the next letter. Call outside transactions.

    A notice whose text fails is put off and leaves the others in the letter; after it the failure is raised, so that it
    stands with the recipient's row.
    """
    broken: Broken = []
    with acting_for([organisation_id], as_platform=True):
        rows = Recipient.objects.select_related("organisation", "user", "correspondent")
        recipient = rows.get(pk=recipient_id)
        turn = Turn(recipient.reader, now)
        claimed = _claim(recipient, find, turn, broken) if _open(recipient, now).exists() else []
    batches: list[Batch] = [(recipient, claimed)]
    if turn.claimed:
        batches += _elsewhere(recipient, find, turn)
    told: list[Told] = []
    unwritten: list[tuple[Notice, Reminder]] = []
    for one, theirs in batches:
        written, failed = _written(one, theirs, listing, broken)
        told += written
        unwritten += failed
    reader = recipient.reader
    delivery = post(reader, lambda: letter_of(reader, told)) if told else None
    organisations = [one.organisation_id for one, _theirs in batches]
    write_down(organisations, lambda: _settle([one for one, _ in batches], told, unwritten, delivery, turn))
    if broken:
        raise broken[0]


def _open(recipient: Recipient, now: datetime) -> QuerySet[Reminder]:
    """Return the rows of what is due to a recipient."""
    return _all_of(recipient).filter(next_attempt_at__lte=now)


def _waiting(recipient: Recipient, now: datetime) -> QuerySet[Reminder]:
    """Return these, and what was put off until a digest: what no mail server refused, and waits all the same."""
    put_off = Q(attempts=0, next_attempt_at__isnull=False)
    return _all_of(recipient).filter(put_off | Q(next_attempt_at__lte=now))


def _all_of(recipient: Recipient) -> QuerySet[Reminder]:
    rows = Reminder.objects.filter(organisation=recipient.organisation)
    return rows.filter(recipient=recipient.user_id, correspondent=recipient.correspondent_id)


def _claim(recipient: Recipient, find: Find, turn: Turn, broken: Broken) -> list[tuple[Notice, Reminder]]:
    """Claim what is still to be told; what is over meanwhile is not tried again, and was never told if never tried.

    What can wait is left for the next digest where this letter is none.
    """
    now, failures = turn.now, len(broken)
    found = due_to(recipient.reader, find(recipient.organisation, now, broken), now)
    with transaction.atomic():
        waiting = _waiting(recipient, now).select_for_update(skip_locked=True, of=("self",))
        rows = {row.key: row for row in waiting}
        routine = [
            (notice, rows.pop(key))
            for key, notice in found.items()
            if key in rows and notice.urgency == Urgency.ROUTINE
        ]
        due = {key: row for key, row in rows.items() if row.next_attempt_at and row.next_attempt_at <= now}
        there = [(notice, due.pop(key)) for key, notice in found.items() if key in due]
        rows = due
        if routine and turn.covers(recipient.organisation):
            there += routine
        elif routine:
            later = turn.next_for(recipient.organisation)
            _of([row for _notice, row in routine]).update(next_attempt_at=later)
        _of([row for _notice, row in there]).update(next_attempt_at=now + CLAIM)
        rest = _of(list(rows.values()))
        if len(broken) > failures:  # a kind that could not be found may stand behind them
            rest.update(next_attempt_at=now + CLAIM)
        else:
            rest.filter(attempts=0).delete()
            rest.update(next_attempt_at=None)
            if rows:  # time went on: somebody else may be told, or this reader of the next step
                wake(recipient.organisation_id, at=now)
    return there


def _of(rows: Sequence[Reminder]) -> QuerySet[Reminder]:
    return Reminder.objects.filter(pk__in=[row.pk for row in rows])


def _elsewhere(recipient: Recipient, find: Find, turn: Turn) -> Iterator[Batch]:
    """Claim what is due to the same account in its other organisations: a digest is one letter.

    What cannot be found there is found, and shown, when that organisation's own row is taken up.
    """
    if recipient.user is None:
        return
    for organisation_id in organisations_of_user(recipient.user.pk):
        if organisation_id == recipient.organisation_id:
            continue
        with acting_for([organisation_id], as_platform=True):
            rows = Recipient.objects.select_related("organisation", "user", "correspondent")
            other = rows.filter(organisation=organisation_id, user=recipient.user).first()
            if other is None or not _waiting(other, turn.now).exists():
                continue
            claimed = _claim(other, find, turn, [])
        if claimed:
            yield other, claimed


def _written(
    recipient: Recipient, claimed: Claimed, listing: Listing | None, broken: Broken
) -> tuple[list[Told], list[tuple[Notice, Reminder]]]:
    """Return the notices with their text in the reader's language, and those whose text cannot be written."""
    reader = recipient.reader
    written: list[Told] = []
    unwritten: list[tuple[Notice, Reminder]] = []
    listing = listing if listing is not None and claimed and _may(recipient, listing.needs) else None
    with in_words_of(reader):
        for notice, row in claimed:
            try:
                note = notice.write(reader)
                reworded = note_said(row, note)
                if notice.answerable:
                    note = note.answered_at(answer_path(row))
                view = listing.path(row) if listing is not None and listing.holds(notice) else ""
                written.append(Told(recipient.organisation, notice, row, note, reworded, view))
            except SoftTimeLimitExceeded:
                raise
            except Exception as error:
                log.exception("notice_not_written", kind=notice.kind, subject=str(notice.subject.pk))
                broken.append(error)
                unwritten.append((notice, row))
    return written, unwritten


def _may(recipient: Recipient, permission: Permission) -> bool:
    """Return whether the reader is a member who may do this there; an address outside is none."""
    with acting_for([recipient.organisation_id], as_platform=True):
        roles = Membership.objects.filter(organisation=recipient.organisation_id, user=recipient.user_id)
        return permission in permissions_of({Role(one) for one in roles.values_list("role", flat=True)})


@transaction.atomic
def _settle(
    recipients: Sequence[Recipient],
    told: Sequence[Told],
    unwritten: Claimed,
    delivery: Delivery | None,
    turn: Turn,
) -> None:
    """Keep what became of the letter, and plan each recipient's next one: never before what was put off is due."""
    now, not_before = turn.now, turn.now
    _put_off(unwritten, UNWRITTEN, now)
    waited = any(one.notice.urgency == Urgency.ROUTINE for one in told)
    sent = delivery is not None and delivery.status is DeliveryStatus.SENT
    turn.settle(sent=sent and waited)
    if delivery is not None:
        if delivery.status is DeliveryStatus.UNREACHABLE:
            _of([one.row for one in told]).update(next_attempt_at=now)
            _keep_words(told)
            not_before = now + AFTER_OUTAGE[max(one.notice.urgency for one in told)]
        elif delivery.status is DeliveryStatus.REFUSED:
            _put_off([(one.notice, one.row) for one in told], delivery.answer, now)
            _keep_words(told)
        else:
            _note_sent(recipients[0].reader, told, now)
    # Whoever looks meanwhile has written its rows before this, or has the next letter planned after it.
    list(
        Recipient.objects.select_for_update()
        .filter(pk__in=[one.pk for one in recipients])
        .order_by("pk")
        .values_list("pk")
    )
    for recipient in recipients:
        first = (
            _all_of(recipient).exclude(next_attempt_at=None).aggregate(first=Min("next_attempt_at"))["first"]
        )
        if first is None:  # unless somebody wants a letter written since
            Recipient.objects.filter(untouched(now), pk=recipient.pk).update(burns=False)
        plan_next(Recipient, recipient.pk, first and max(first, not_before), now)


def _keep_words(told: Sequence[Told]) -> None:
    """Keep what was to be said: its reader's page shows it, whatever becomes of the letter."""
    reworded = [one.row for one in told if one.reworded]
    Reminder.objects.bulk_update(reworded, ["title", "path"], batch_size=500)


def _note_sent(reader: Reader, told: Sequence[Told], now: datetime) -> None:
    _of([one.row for one in told]).update(sent_at=now, next_attempt_at=None, answer="")
    _keep_words(told)
    name = str(reader)
    record_all(
        event(
            one.organisation,
            "reminder_sent",
            one.notice.subject,
            actor=Actor.platform(),
            now=now,
            reminder=one.notice.kind,
            step=one.notice.step,
            member=name,
        )
        for one in told
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
