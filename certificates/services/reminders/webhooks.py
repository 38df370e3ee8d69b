"""Letters about webhooks that cannot be reached: the organisation's own systems hear nothing meanwhile."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of
from organisations.models import Organisation, Reader, Webhook
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice, Urgency

SILENT = timedelta(days=1)
"""A webhook that took nothing for so long is told about; before it is stopped."""

MOST_HOURS = 16_000
"""Steps count hours, and begin anew after so many: a column of steps holds twice as much."""


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
