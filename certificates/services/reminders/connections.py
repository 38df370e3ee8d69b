"""Reminders about connections of systems whose last day is near."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from agent.wire.days import days_left
from certificates.domain.reminders import CONNECTION_STEPS, step_before
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of
from organisations.domain.mandates import belgian_day
from organisations.models import Connection, Organisation, Reader
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice


def ending_connections(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the open connections whose last day is near, for the administrators."""
    today = belgian_day(now)
    near = today + timedelta(days=CONNECTION_STEPS[0])
    rows = Connection.objects.filter(
        organisation=organisation, ended_at=None, ends_on__gte=today, ends_on__lte=near
    )
    for one in rows.order_by("ends_on", "pk"):
        step = step_before(CONNECTION_STEPS, days_left(one.ends_on, now))
        if step is not None:
            yield Notice("connection", step, one, readers.administrators, _ending(one))


def _ending(one: Connection) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The connection of “%(name)s” ends on %(day)s") % {"name": one.name, "day": day_of(one.ends_on)},
        _("Make a new one in time if that system must go on; its page shows what it may do:"),
        reverse("connection", args=[one.pk]),
    )
