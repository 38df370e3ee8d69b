"""Saying that somebody takes care of what a notice tells: from the page, or by the link in the letter.

The link names the notice's row under a signature that nobody else can make, and does nothing by being opened: whoever
follows it presses a button. It holds as long as its reader is told things there.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from organisations.models import Membership, Reminder
from organisations.services.audit import Actor, record
from organisations.services.letters.links import sealed

PURPOSE = "answer"


def answer_path(row: Reminder) -> str:
    """Return the path at which the reader of a notice can answer it without signing in."""
    return reverse("answer-notice", args=[sealed(PURPOSE, row.organisation_id, row.pk)])


def answered_row(organisation_id: UUID, row_id: UUID) -> Reminder | None:
    """Return a notice for whoever holds its link; None once its reader is told nothing there any more.

    Read for the platform itself: the link is what entitles.
    """
    rows = Reminder.objects.select_related("organisation", "recipient", "correspondent")
    row = rows.filter(organisation=organisation_id, pk=row_id).first()
    if row is None:
        return None
    if row.correspondent is not None:
        return row if row.correspondent.agreed_at and row.correspondent.ended_at is None else None
    member = Membership.objects.filter(organisation=organisation_id, user=row.recipient, user__is_active=True)
    return row if member.exists() else None


@transaction.atomic
def acknowledge(rows: Iterable[Reminder], *, actor: Actor, now: datetime) -> int:
    """Note that the readers of `rows` say that somebody takes care; return for how many things that is new.

    Each thing is said once, whatever steps of it were told to the reader before.
    """
    new = 0
    seen: set[tuple[UUID, object]] = set()
    for row in rows:
        thing = (row.subject_id, row.recipient_id or row.correspondent_id)
        if thing in seen:
            continue
        seen.add(thing)
        same = Reminder.objects.filter(
            Q(recipient=row.recipient_id, correspondent=row.correspondent_id),
            organisation=row.organisation_id,
            subject_id=row.subject_id,
            acknowledged_at=None,
        )
        if not same.update(acknowledged_at=now):
            continue
        new += 1
        record(
            row.organisation_id,
            "notice_acknowledged",
            _subject_of(row),
            actor=actor,
            now=now,
            reminder=row.kind,
            step=row.step,
        )
    return new


def _subject_of(row: Reminder) -> models.Model:
    """Return what the record names as the subject: nothing of it is read."""
    if not row.subject_type:
        return row
    subject: models.Model = apps.get_model(row.subject_type)(pk=row.subject_id)
    subject.private_to_id = row.private_to_id  # type: ignore[attr-defined]  # any row may have such a column
    return subject
