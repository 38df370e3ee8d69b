"""The letter after the end: one that says that a certificate has ended, also when nothing was told before.

A mail server or a worker that was down over the end must not mean that nobody ever hears of it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from certificates.domain.validity import CertificateStatus
from certificates.domain.watch.notices import TOLD_FOR
from certificates.models import Certificate
from certificates.selectors.inventory import LISTED
from certificates.services.notices.readers import Readers
from certificates.services.notices.wishes import Wishes
from certificates.services.notices.words import day_of, name_of
from certificates.services.reminders.certificates import UNSAID, page_of, told_of_end
from organisations.models import Organisation, Reader
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice


def ended(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Certificates that were here when they ended and whose end nobody prepared; told again until one prepared it."""
    rows = Certificate.objects.filter(
        organisation=organisation,
        not_after__gt=now - timedelta(days=TOLD_FOR),
        created_at__lt=F("not_after"),
        switch_confirmed_at=None,
    )
    rows = rows.in_status(CertificateStatus.EXPIRED, now)
    wishes = Wishes(organisation, rows, now)
    for certificate in rows.select_related("owner").defer(*LISTED, *UNSAID).order_by("not_after", "pk"):
        event = wishes.passed(certificate)
        if event is not None and not wishes.muted(certificate):
            to = wishes.readers(certificate, readers, readers.holders_of(certificate))
            yield told_of_end(wishes, certificate, event.kind, event.step, to, _ended(certificate))


def _ended(certificate: Certificate) -> Callable[[Reader], Note]:
    def write(reader: Reader) -> Note:
        title = _("%(certificate)s has ended on %(day)s") % {
            "certificate": name_of(certificate, certificate.environment),
            "day": day_of(certificate.not_after),
        }
        if certificate.renewed:
            text = _(
                "It was renewed, but nobody has confirmed that the new one is in use everywhere: where the old one "
                "still stands, it has stopped working. What is still to be done stands on this page:"
            )
        else:
            text = _(
                "What uses it has stopped working. It can no longer be renewed: request a new one, and what is known "
                "of the old one is filled in already. It starts on this page:"
            )
        return Note(title, text, page_of(certificate, reader))

    return write
