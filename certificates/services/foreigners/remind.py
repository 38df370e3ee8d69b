"""The reminder when three days are left to confirm the identity: a line in the record, and a mail."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from certificates.domain.foreign_lifecycle import ForeignState, reminder_due
from certificates.models import ForeignRequest
from certificates.services.asking import PLATFORM
from organisations.models import User
from organisations.services.audit import record
from organisations.services.mail import Letter, administrators_of, send
from organisations.tenancy import acting_for


def remind(request: ForeignRequest, *, now: datetime) -> bool:
    """Remind once of a request that is not confirmed; returns whether it was now. Call outside transactions.

    Claimed before the mails leave, and given back when the mail server did not take them.
    """
    waiting = request.state == ForeignState.AWAITING_CONFIRMATION
    if not (waiting and request.reminded_at is None and reminder_due(request.expires_at, now)):
        return False
    with acting_for([request.organisation_id]), transaction.atomic():
        unreminded = ForeignRequest.objects.filter(pk=request.pk, state=request.state, reminded_at=None)
        if not unreminded.update(reminded_at=now):
            return False
        asker = User.objects.filter(
            pk=request.requested_by_id, memberships__organisation=request.organisation_id
        )
        people = [*asker.distinct(), *administrators_of(request.organisation_id)]
    sent = send(people, lambda: _letter(request))
    with acting_for([request.organisation_id]), transaction.atomic():
        if not sent:
            ForeignRequest.objects.filter(pk=request.pk, reminded_at=now).update(reminded_at=None)
            return False
        record(
            request.organisation_id,
            "foreign_reminder",
            request,
            actor=PLATFORM,
            now=now,
            name=str(request.person),
            expires_at=request.expires_at.isoformat() if request.expires_at else None,
        )
    request.reminded_at = now
    return True


def _letter(request: ForeignRequest) -> Letter:
    day = date_format(localtime(request.expires_at), "DATE_FORMAT") if request.expires_at else ""
    return Letter(
        subject=_("%(name)s has until %(day)s to confirm the identity")
        % {"name": request.person, "day": day},
        text=_(
            "The certificate of %(name)s was requested, and the identity is not confirmed yet. After %(day)s the "
            "request ends and has to be made again. The address to confirm at is on the page of the request:"
        )
        % {"name": request.person, "day": day},
        path=reverse("foreign", args=[request.pk]),
    )
