"""Letters about the organisation's own systems: connections whose last day is near, webhooks that cannot be reached."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from agent.wire.days import days_left
from certificates.domain.watch.reminders import CONNECTION_STEPS, step_before
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of
from organisations.domain.mandates import belgian_day
from organisations.models import Connection, Organisation, Reader, Webhook
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice, Urgency

SILENT = timedelta(days=1)
"""A webhook that took nothing for so long is told about; before it is stopped."""

MOST_HOURS = 16_000
"""Steps count hours, and begin anew after so many: a column of steps holds twice as much."""


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


def unreachable_webhooks(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find webhooks that have failed for a day, and those that were stopped for it; each time is told once."""
    rows = Webhook.objects.filter(
        Q(stopped_by_itself=True) | Q(stopped_at=None, failing_since__lte=now - SILENT),
        organisation=organisation,
        ended_at=None,
    )
    for webhook in rows.order_by("pk"):
        since = webhook.stopped_at or webhook.failing_since or now
        hours = int((since - webhook.made_at) / timedelta(hours=1)) % MOST_HOURS
        step = 2 * hours + (webhook.stopped_at is not None)
        write = _stopped(webhook) if webhook.stopped_at is not None else _failing(webhook)
        yield Notice("webhook", step, webhook, readers.administrators, write, urgency=Urgency.AT_ONCE)


def _failing(webhook: Webhook) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The webhook “%(name)s” cannot be reached") % {"name": webhook.name},
        _("It has taken no message since %(day)s. What it was to be told is kept and tried again:")
        % {"day": day_of(webhook.failing_since or webhook.made_at)},
        reverse("webhook", args=[webhook.pk]),
    )


def _stopped(webhook: Webhook) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The webhook “%(name)s” was stopped") % {"name": webhook.name},
        _(
            "It took no message for days, or answered that it wants none. What happens is kept for three months, until "
            "you let it go on or end it:"
        ),
        reverse("webhook", args=[webhook.pk]),
    )
