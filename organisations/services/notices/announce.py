"""Telling an organisation's own systems of what lies ahead: one message a webhook, notice and step."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from organisations.domain.webhooks import Topic
from organisations.models import Delivery, Organisation, Webhook
from organisations.services.notices.notice import Announced, Notice
from organisations.services.webhooks.keep import listening_to


@transaction.atomic
def announce(organisation: Organisation, notices: Sequence[Notice], now: datetime) -> int:
    """Write down what webhooks are told of `notices` that are due and were not told them; return how many messages."""
    webhooks = list(listening_to(organisation, Topic.ENDS))
    if not webhooks:
        return 0
    told = {_once(one): (one, one.announced) for one in notices if one.announced is not None}
    made = []
    for webhook in webhooks:
        rows = Delivery.objects.filter(webhook=webhook, once__in=told)
        known = set(rows.values_list("once", flat=True))
        made += [_message(webhook, once, *of, now) for once, of in told.items() if once not in known]
    Delivery.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
    return len(made)


def _once(notice: Notice) -> str:
    kind, subject, step = notice.key
    return f"{kind} {subject} {step}"


def _message(webhook: Webhook, once: str, notice: Notice, announced: Announced, now: datetime) -> Delivery:
    return Delivery(
        organisation_id=webhook.organisation_id,
        webhook=webhook,
        once=once,
        action=announced.action,
        subject_type=notice.subject._meta.model_name or "",
        subject_id=notice.subject.pk,
        details={"step": notice.step, **announced.details},
        happened_at=now,
        next_attempt_at=Now(),
    )
