"""Keeping webhooks: made, changed, given another secret, tried, stopped, and ended."""

import base64
import ipaddress
import secrets
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from organisations.domain.identifiers import mask_ssins
from organisations.domain.webhooks import BOTH_SIGN, TEST, Topic, actions_of
from organisations.domain.work import Lane
from organisations.errors import WebhookRefused
from organisations.models import Delivery, Organisation, User, Webhook
from organisations.sealing import seal
from organisations.services.audit import Actor, record
from organisations.services.work.wakes import wake_on_commit

MOST = 20
"""Webhooks of one organisation that are not ended."""
MOST_NAME, MOST_ADDRESS = 60, 500
PREFIX = "whsec_"
"""Before each secret, as Standard Webhooks writes them."""
BYTES = 32


def webhooks_of(organisation: Organisation) -> "QuerySet[Webhook]":
    """Return the webhooks of an organisation that are not ended."""
    return Webhook.objects.filter(organisation=organisation, ended_at=None)


def listening_to(organisation: Organisation, topic: Topic) -> "QuerySet[Webhook]":
    """Return those of them that are told of a topic."""
    return webhooks_of(organisation).filter(topics__contains=[topic])


@transaction.atomic
def make_webhook(
    organisation: Organisation, *, name: str, address: str, topics: Collection[str], user: User, now: datetime
) -> tuple[Webhook, str]:
    """Make a webhook; return it and its secret, which is shown once. Raises WebhookRefused."""
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)
    if webhooks_of(organisation).count() >= MOST:
        raise WebhookRefused(_("There are twenty webhooks already. End one that nobody uses."))
    wanted = _wanted(name, address, topics)
    if webhooks_of(organisation).filter(name=wanted["name"]).exists():
        raise WebhookRefused(_("There is a webhook with this name already."), field="name")
    secret = _new_secret()
    made = Webhook.objects.create(
        organisation=organisation, sealed_secret=seal(secret.encode()), made_by=user, made_at=now, **wanted
    )
    _note(made, "webhook_made", Actor.user(user), now)
    return made, secret


@transaction.atomic
def change_webhook(
    webhook: Webhook, *, name: str, address: str, topics: Collection[str], actor: Actor, now: datetime
) -> bool:
    """Change what a webhook is; what waits goes to the new address. Returns False when nothing was another.

    Raises WebhookRefused.
    """
    wanted = _wanted(name, address, topics)
    held = _locked(webhook)
    if held is None or all(getattr(held, field) == value for field, value in wanted.items()):
        return False
    Webhook.objects.filter(pk=webhook.pk).update(**wanted)
    webhook.refresh_from_db()
    hurry(webhook)
    _note(webhook, "webhook_changed", actor, now)
    return True


@transaction.atomic
def rotate_secret(webhook: Webhook, *, actor: Actor, now: datetime) -> str:
    """Give a webhook another secret and return it; for a day the former one signs beside it.

    Raises WebhookRefused for one that has ended.
    """
    held = _locked(webhook)
    if held is None:
        raise WebhookRefused(_("This webhook has ended."))
    secret = _new_secret()
    Webhook.objects.filter(pk=webhook.pk).update(
        sealed_secret=seal(secret.encode()), sealed_former=held.sealed_secret, former_until=now + BOTH_SIGN
    )
    hurry(webhook)
    _note(webhook, "webhook_secret_rotated", actor, now)
    return secret


@transaction.atomic
def try_webhook(webhook: Webhook, *, now: datetime) -> Delivery:
    """Send a message that says nothing but that it is a test; what waits for the webhook is tried at once too."""
    made = Delivery.objects.create(
        organisation_id=webhook.organisation_id,
        webhook=webhook,
        action=TEST,
        subject_type="webhook",
        subject_id=uuid4(),
        happened_at=now,
        next_attempt_at=now,
    )
    hurry(webhook)
    return made


@transaction.atomic
def stop_webhook(webhook: Webhook, *, actor: Actor, now: datetime) -> bool:
    """Send nothing for the time being; what happens is kept for it. Returns False when it was stopped already."""
    if not _open(webhook).filter(stopped_at=None).update(stopped_at=now, stopped_by_itself=False):
        return False
    _note(webhook, "webhook_stopped", actor, now)
    return True


@transaction.atomic
def resume_webhook(webhook: Webhook, *, actor: Actor, now: datetime) -> bool:
    """Send again, beginning with what was kept. Returns False when it was not stopped."""
    rows = _open(webhook).filter(stopped_at__isnull=False)
    if not rows.update(stopped_at=None, stopped_by_itself=False, failing_since=None):
        return False
    # Also those that a worker has in hand: it may be laying them aside at this moment.
    waiting = Delivery.objects.filter(webhook=webhook, delivered_at=None, given_up_at=None)
    waiting.update(attempts=0, next_attempt_at=Now(), parked_at=None, tries=0)
    _note(webhook, "webhook_resumed", actor, now)
    wake_on_commit(Lane.WEBHOOKS)
    return True


@transaction.atomic
def end_webhook(webhook: Webhook, *, actor: Actor, now: datetime) -> bool:
    """Tell it nothing any more; what waits is given up. Returns False when it had ended."""
    if not _open(webhook).update(ended_at=now):
        return False
    waiting = Delivery.objects.filter(webhook=webhook, delivered_at=None, given_up_at=None)
    waiting.update(given_up_at=now, next_attempt_at=None)
    _note(webhook, "webhook_ended", actor, now)
    return True


@transaction.atomic
def send_again(deliveries: "QuerySet[Delivery]") -> int:
    """Send messages once more, each under the id it had; return how many. Those that wait are tried at once."""
    rows = deliveries.filter(webhook__ended_at=None)
    keys = list(_free(rows).values_list("pk", flat=True))
    again = Delivery.objects.filter(pk__in=keys).update(
        next_attempt_at=Now(), delivered_at=None, given_up_at=None, attempts=0, parked_at=None, tries=0
    )
    wake_on_commit(Lane.WEBHOOKS)
    return again


def hurry(webhook: Webhook) -> None:
    """Have what waits for a webhook tried at once: something was mended. In the caller's transaction."""
    waiting = Delivery.objects.filter(webhook=webhook, next_attempt_at__gt=Now())
    _free(waiting).update(next_attempt_at=Now())
    wake_on_commit(Lane.WEBHOOKS)


def leave_unsaid(subjects: Collection[UUID]) -> None:
    """Forget what waits to be told about `subjects`: it is nobody else's business any more."""
    waiting = Delivery.objects.filter(subject_id__in=subjects, delivered_at=None)
    waiting.delete()


def may_be_private(host: str | None) -> bool:
    """Return whether a webhook may call a host of our own network, and in the clear: where the operator named it."""
    return host in settings.WEBHOOK_PRIVATE_HOSTS


def _wanted(name: str, address: str, topics: Collection[str]) -> dict[str, object]:
    name = mask_ssins(" ".join(name.replace("\0", "").split()))
    if not name or len(name) > MOST_NAME:
        raise WebhookRefused(_("Say in at most 60 characters which system listens there."), field="name")
    chosen = [topic.value for topic in Topic if topic in topics]
    if not chosen:
        raise WebhookRefused(_("Choose at least one thing of which it is told."), field="topics")
    return {
        "name": name,
        "address": _checked(address.strip()),
        "topics": chosen,
        "actions": actions_of(chosen),
    }


def _checked(address: str) -> str:
    """Return an address at which a webhook may listen. Where its name leads is looked up at every delivery."""
    try:
        parts = urlsplit(address)
        known = parts.port or 443
    except ValueError:
        raise WebhookRefused(field="address") from None
    plain = any(ord(one) <= ord(" ") or ord(one) > ord("~") for one in address)
    if plain or len(address) > MOST_ADDRESS or not parts.hostname or known > 65535:
        raise WebhookRefused(field="address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookRefused(
            _("Leave passwords out of the address: the signature proves who sends."), field="address"
        )
    if may_be_private(parts.hostname) and parts.scheme in {"http", "https"}:
        return address
    if parts.scheme != "https":
        raise WebhookRefused(field="address")
    try:
        private = not ipaddress.ip_address(parts.hostname).is_global
    except ValueError:
        private = parts.hostname == "localhost"
    if private:
        raise WebhookRefused(_("This address is not of the open internet."), field="address")
    return address


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def _locked(webhook: Webhook) -> Webhook | None:
    return _open(webhook).select_for_update(of=("self",), no_key=True).first()


def _open(webhook: Webhook) -> "QuerySet[Webhook]":
    return Webhook.objects.filter(pk=webhook.pk, ended_at=None)


def _free(rows: "QuerySet[Delivery]") -> "QuerySet[Delivery]":
    """Leave those alone that a worker is sending at this moment."""
    return rows.filter(Q(leased_until=None) | Q(leased_until__lte=Now()))


def _note(webhook: Webhook, action: str, actor: Actor, now: datetime) -> None:
    record(
        webhook.organisation_id, action, webhook, actor=actor, now=now,
        name=webhook.name, host=urlsplit(webhook.address).hostname or "", topics=list(webhook.topics),
    )  # fmt: skip
