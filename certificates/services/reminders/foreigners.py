"""Reminders about foreign care providers whose identity is not confirmed yet."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.foreign_lifecycle import AFTER_DEADLINE, REMIND_BEFORE, ForeignState, is_late
from certificates.domain.watch.reminders import DEADLINE_STEPS
from certificates.models import ForeignRequest
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of, name_of
from organisations.models import Organisation, Reader
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice


def deadlines(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the foreign requests near or past their deadline, for who asked and the administrators."""
    rows = ForeignRequest.objects.filter(
        organisation=organisation,
        state__in=(ForeignState.AWAITING_CONFIRMATION, ForeignState.LAPSED),
        expires_at__lte=now + REMIND_BEFORE,
        expires_at__gt=now - AFTER_DEADLINE,
    )
    near, past = DEADLINE_STEPS
    for request in rows.without_documents().select_related("person"):
        late = is_late(request.expires_at, now)
        to = (*readers.member(request.requested_by_id), *readers.administrators)
        yield Notice("deadline", past if late else near, request, to, _deadline(request, late=late))


def _deadline(request: ForeignRequest, *, late: bool) -> Callable[[Reader], Note]:
    def write(_reader: Reader) -> Note:
        if late:
            title = _("The time of %(name)s to confirm the identity has passed")
            text = _(
                "It ended on %(day)s. Where the identity was confirmed before, the certificate may still come; where "
                "it was not, the request has to be made again:"
            )
        else:
            title = _("%(name)s has until %(day)s to confirm the identity")
            text = _(
                "The certificate of %(name)s was requested, and the identity is not confirmed yet. After %(day)s the "
                "request ends and has to be made again. The address to confirm at is on the page of the request:"
            )
        facts = {
            "name": name_of(request.person, request.environment),
            "day": day_of(request.expires_at) if request.expires_at else "",
        }
        return Note(title % facts, text % facts, reverse("foreign", args=[request.pk]))

    return write
