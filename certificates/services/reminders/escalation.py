"""When nobody says that somebody takes care of an end: then others hear that, too."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import Max, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.models import Certificate, CertificateRequest, NoticePolicy
from certificates.selectors.renewals import to_renew
from certificates.services.notices.readers import Readers
from certificates.services.notices.wishes import Wishes
from certificates.services.reminders.certificates import title_of
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
    told = {
        (subject, step): (sent, answered)
        for subject, step, sent, answered in Reminder.objects.filter(
            organisation=organisation, kind__in=KINDS, subject_id__in=rows.order_by().values("pk")
        )
        .order_by()
        .values_list("subject_id", "step")
        .annotate(sent=Min("sent_at"), answered=Max("acknowledged_at"))
    }
    for certificate in rows.select_related("owner"):
        event, days = wishes.passed(certificate), wishes.policy_of(certificate).escalate_after
        if event is None or days is None or wishes.muted(certificate):
            continue
        sent, answered = told.get((certificate.pk, event.step), (None, None))
        if sent is not None and answered is None and sent + timedelta(days=days) <= now:
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
