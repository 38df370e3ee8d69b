"""Telling a webhook one thing that happened, as Standard Webhooks says: signed, tried again, in order per subject.

A receiver may get a message twice: where its answer got lost, or a worker died before it wrote the answer down. It
knows it by `webhook-id`.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from standardwebhooks import Webhook as Signer

from organisations.domain.webhooks import GONE, PAUSES, STOPS_AFTER, TYPE_OF, told_of
from organisations.domain.work import Lane
from organisations.errors import Unreadable
from organisations.models import Delivery, Webhook
from organisations.sealing import unseal
from organisations.services.audit import Actor, record
from organisations.services.notices.look import wake as look_soon
from organisations.services.webhooks.keep import hurry, may_be_private
from organisations.services.work.claims import plan_next
from organisations.services.work.deadlocks import write_down
from organisations.services.work.wakes import wake_on_commit
from organisations.tenancy import acting_for
from outside.deadline import elapsed
from outside.errors import CallFailed, Resting
from outside.http import Answer, exchange
from outside.sockets import Limits

UNREADABLE = "the secret cannot be read"
"""The answer of a message that no key signs: another secret helps."""
BEHIND = timedelta(seconds=5)
"""How long a message waits at least behind an earlier one about the same subject."""
LATEST = timedelta(hours=24)
"""The longest that a receiver's own wish to be left alone is followed."""


def deliver(organisation_id: UUID, delivery_id: UUID, /, *, now: datetime) -> None:
    """Send one claimed message and plan the next try where it was not taken. Call outside transactions."""
    with acting_for([organisation_id], as_platform=True):
        rows = Delivery.objects.select_related("webhook")
        message = rows.filter(pk=delivery_id, next_attempt_at__isnull=False).first()
        if message is None or _waits(message, now):
            return
    began = elapsed()
    try:
        answer = _send(message, now)
    except Resting as resting:
        with acting_for([organisation_id], as_platform=True):
            plan_next(Delivery, message.pk, max(resting.until, now + BEHIND), now)
        return
    except CallFailed as error:
        said, taken, again = str(error), False, None
    except ValueError:
        said, taken, again = "the address is none", False, None
    except Unreadable:
        said, taken, again = UNREADABLE, False, None
    else:
        said, taken, again = str(answer.status), 200 <= answer.status < 300, _asked_to_wait(answer)
    took = round((elapsed() - began) * 1000)
    write_down(
        [organisation_id], lambda: _settle(message, said, taken=taken, again=again, took=took, now=now)
    )


def _waits(message: Delivery, now: datetime) -> bool:
    """Put a message off, or lay it aside, that is not to be sent now; return whether it was."""
    webhook = message.webhook
    if webhook.ended_at is not None:
        Delivery.objects.filter(pk=message.pk).update(given_up_at=now, next_attempt_at=None)
        return True
    if webhook.stopped_at is not None and _laid_aside(message):
        return True
    earlier = (
        _undelivered(message)
        .filter(position__lt=message.position)
        .order_by("position")
        .values_list("next_attempt_at", flat=True)
        .first()
    )
    if earlier is None:
        return False
    plan_next(Delivery, message.pk, max(earlier, now + BEHIND), now)
    return True


@transaction.atomic
def _laid_aside(message: Delivery) -> bool:
    """Plan nothing for a message while its webhook is stopped: whoever lets that go on plans all. False where it does.

    The webhook is locked, so that this comes before or after it goes on, and not in between.
    """
    locked = Webhook.objects.select_for_update(of=("self",), no_key=True).get(pk=message.webhook_id)
    if locked.stopped_at is None:
        return False
    Delivery.objects.filter(pk=message.pk).update(next_attempt_at=None)
    return True


def _undelivered(message: Delivery) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(
        webhook=message.webhook_id,
        subject_id=message.subject_id,
        delivered_at=None,
        given_up_at=None,
        next_attempt_at__isnull=False,
        parked_at=None,
    )


def _send(message: Delivery, now: datetime) -> Answer:
    """Make the one call. Raises CallFailed, ValueError for an address that is none."""
    webhook = message.webhook
    host = urlsplit(webhook.address).hostname
    body = body_of(message)
    seconds = settings.WEBHOOK_DEADLINE
    return exchange(
        "POST",
        webhook.address,
        body=body.encode(),
        headers={"Content-Type": "application/json; charset=utf-8", **signed(webhook, message.pk, body, now)},
        limits=Limits(connecting=seconds, silence=seconds, total=seconds),
        most_bytes=0,
        private=may_be_private(host),
        status_only=True,
        apart=(f"webhook {webhook.pk}", "webhooks"),
    )


def signed(webhook: Webhook, message_id: UUID, body: str, now: datetime) -> Mapping[str, str]:
    """Return the headers by which a receiver knows that a body is ours, by each secret that counts at `now`.

    Raises Unreadable.
    """
    secrets = [unseal(webhook.sealed_secret)]
    if webhook.sealed_former is not None and webhook.former_until is not None and now < webhook.former_until:
        with suppress(Unreadable):  # the new one signs all the same
            secrets.append(unseal(webhook.sealed_former))
    name = str(message_id)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Signer(one.decode()).sign(name, now.astimezone(UTC), body) for one in secrets
        ),
    }


def body_of(message: Delivery) -> str:
    """Return what is sent: which thing happened to what; what more there is to know, the API tells."""
    data: dict[str, object] = {
        "organisation": str(message.organisation_id),
        "subject": {"type": message.subject_type, "id": str(message.subject_id)},
        "details": told_of(message.details),
    }
    if message.event_id is not None:
        data["event"] = str(message.event_id)
    happened = message.happened_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps(
        {"type": TYPE_OF[message.action], "timestamp": happened, "data": data}, ensure_ascii=False
    )


def _asked_to_wait(answer: Answer) -> timedelta | None:
    """Return how long a receiver asks to be left alone (RFC 9110 10.2.3), where it names seconds."""
    wanted = answer.headers.get("Retry-After", "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", wanted):
        return None
    return min(timedelta(seconds=int(wanted)), LATEST)


@transaction.atomic
def _settle(
    message: Delivery, said: str, *, taken: bool, again: timedelta | None, took: int, now: datetime
) -> None:
    rows = Delivery.objects.filter(pk=message.pk)
    facts = {"tried_at": now, "answer": said[:80], "took": took}
    webhooks = Webhook.objects.filter(pk=message.webhook_id)
    if taken:
        rows.update(delivered_at=now, next_attempt_at=None, attempts=0, **facts)
        if webhooks.filter(failing_since__isnull=False).update(failing_since=None):
            hurry(message.webhook)
    else:
        tries = len(PAUSES)
        if message.attempts < tries:
            pause = max(PAUSES[message.attempts], again or timedelta())
            rows.update(
                attempts=F("attempts") + 1,
                next_attempt_at=now + timedelta(milliseconds=took) + pause,
                **facts,
            )
        else:
            rows.update(given_up_at=now, next_attempt_at=None, **facts)
        webhooks.filter(failing_since=None).update(failing_since=now)
        _stop_if_hopeless(message, said, now)
    _next_of_subject(message)


def _next_of_subject(message: Delivery) -> None:
    """Have the next message about the same subject tried at once, where this one is out of its way."""
    if Delivery.objects.filter(pk=message.pk, next_attempt_at__isnull=False).exists():
        return
    following = _undelivered(message).filter(leased_until=None).order_by("position").first()
    if following is not None:
        Delivery.objects.filter(pk=following.pk).update(next_attempt_at=Now())
        wake_on_commit(Lane.WEBHOOKS)


def _stop_if_hopeless(message: Delivery, said: str, now: datetime) -> None:
    """Stop a webhook that wants nothing more, or has taken nothing for days; its administrators are told."""
    rows = Webhook.objects.filter(pk=message.webhook_id, stopped_at=None, ended_at=None)
    if said != str(GONE):
        rows = rows.filter(failing_since__lte=now - STOPS_AFTER)
    if not rows.update(stopped_at=now, stopped_by_itself=True):
        return
    record(
        message.organisation_id, "webhook_stopped", message.webhook, actor=Actor.platform(), now=now,
        name=message.webhook.name, answer=said,
    )  # fmt: skip
    look_soon(message.organisation_id, at=now)
