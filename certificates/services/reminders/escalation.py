"""When nobody says that somebody takes care of an end: then others hear that, too."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.models import Certificate, CertificateRequest, NoticePolicy
from certificates.selectors.renewals import to_renew
from certificates.services.notices.readers import Readers
from certificates.services.notices.wishes import Wishes
from certificates.services.reminders.certificates import UNSAID, title_of
from organisations.models import Organisation, Reader, Reminder
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice

KINDS = ("renewal", "lost")
"""The notices that can be answered before the end."""


def unanswered(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the ends that were told days ago, that nobody answered, and whose renewal nobody began."""
    if not NoticePolicy.objects.filter(organisation=organisation, escalate_after__isnull=False).exists():
        return
    under_way = CertificateRequest.objects.blocking_their_name().filter(replaces__isnull=False)
    rows = to_renew(organisation, now).exclude(pk__in=under_way.values("replaces")).filter(private_to=None)
    wishes = Wishes(organisation, rows, now)
    told = told_since(organisation, KINDS, rows.order_by().values("pk"))
    for certificate in rows.select_related("owner").defer(*UNSAID):
        event, days = wishes.passed(certificate), wishes.policy_of(certificate).escalate_after
        if event is None or days is None or wishes.muted(certificate):
            continue
        since = told.get(certificate.pk)
        if since is not None and since + timedelta(days=days) <= now:
            to: tuple[Reader, ...] = (*readers.administrators, *wishes.correspondents(certificate))
            write = _unanswered(certificate, days)
            yield Notice(
                "escalation",
                event.step,
                certificate,
                to,
                write,
                ends_at=certificate.not_after,
                answerable=True,
            )


def told_since(organisation: Organisation, kinds: Iterable[str], subjects: Any) -> dict[UUID, datetime]:
    """Return since when each end is told without an answer: since the first notice after the last answer.

    A letter that nobody took, and a notice for the page alone, count from when they were made.
    """
    kept = Reminder.objects.filter(
        organisation=organisation, kind__in=kinds, subject_id__in=subjects
    ).order_by()
    answered = dict(
        kept.filter(acknowledged_at__isnull=False)
        .values_list("subject_id")
        .annotate(last=Max("acknowledged_at"))
    )
    told: dict[UUID, datetime] = {}
    for subject, made, sent in kept.values_list("subject_id", "created_at", "sent_at"):
        if subject in answered and made <= answered[subject]:
            continue
        since = sent or made
        told[subject] = min(told.get(subject, since), since)
    return told


def _unanswered(certificate: Certificate, days: int) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        title_of(certificate),
        _(
            "Whoever was told has not said within %(days)s days that somebody takes care of it, and no renewal was "
            "asked for. It starts on this page:"
        )
        % {"days": days},
        reverse("certificate", args=[certificate.pk]),
    )
