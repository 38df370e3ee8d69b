"""What pages call topics of webhooks, and how webhooks and messages stand."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisations.domain.webhooks import TYPE_OF, Topic
from organisations.models import Delivery, Webhook
from organisations.services.webhooks.deliver import UNREADABLE
from organisations.web.words import Label

TOPICS: dict[Topic, tuple[str | Promise, str | Promise]] = {
    Topic.CERTIFICATES: (
        gettext_lazy("Certificates"),
        gettext_lazy("delivered, imported, revoked, suspended, in use on a machine, switched"),
    ),
    Topic.ENDS: (
        gettext_lazy("Ends that come nearer"),
        gettext_lazy("on the days on which people are told, as the rules of notices say"),
    ),
    Topic.REQUESTS: (gettext_lazy("Requests"), gettext_lazy("each step from the wish to the delivery")),
    Topic.REVOCATIONS: (
        gettext_lazy("Revocations"),
        gettext_lazy("each step from the wish to the proof from outside"),
    ),
    Topic.TOKENS: (gettext_lazy("Encryption tokens"), gettext_lazy("registered, activated, replaced")),
    Topic.MANDATES: (gettext_lazy("Mandates"), gettext_lazy("given and withdrawn")),
    Topic.PEOPLE: (
        gettext_lazy("People, roles and workstations"),
        gettext_lazy("who came and left, without names and numbers"),
    ),
}
"""By topic: its name, and what it tells of."""


@dataclass(frozen=True)
class WebhookLine:
    """One webhook as a list shows it."""

    webhook: Webhook
    host: str
    topics: tuple[str, ...]
    state: Label


@dataclass(frozen=True)
class DeliveryLine:
    """One message as the log shows it."""

    delivery: Delivery
    type: str
    state: Label
    answer: str
    again: bool
    """Whether it can be sent again."""


def line_of(webhook: Webhook) -> WebhookLine:
    """Return the line of a webhook."""
    host = urlsplit(webhook.address).hostname or ""
    return WebhookLine(
        webhook, host, tuple(str(TOPICS[Topic(one)][0]) for one in webhook.topics), _state(webhook)
    )


def _state(webhook: Webhook) -> Label:
    if webhook.stopped_at is not None:
        return Label(_("Stopped by itself") if webhook.stopped_by_itself else _("Stopped"), "bad")
    if webhook.failing_since is not None:
        return Label(_("Cannot be reached"), "warn")
    return Label(_("Tells"), "good")


def delivery_line(delivery: Delivery, now: datetime) -> DeliveryLine:
    """Return the line of a message at `now`."""
    if delivery.delivered_at is not None:
        state = Label(_("Taken"), "good")
    elif delivery.given_up_at is not None:
        state = Label(_("Given up"), "bad")
    elif delivery.attempts:
        state = Label(_("Not taken yet, tried again"), "warn")
    else:
        state = Label(_("Waits"), "busy")
    leased = delivery.leased_until is not None and delivery.leased_until > now
    return DeliveryLine(delivery, TYPE_OF[delivery.action], state, _answer(delivery), again=not leased)


def _answer(delivery: Delivery) -> str:
    """Return what came back last, in words where it is no status."""
    if not delivery.answer or delivery.answer.isdigit():
        return delivery.answer
    if delivery.answer == UNREADABLE:
        return _("The secret cannot be read here: make another one.")
    return _("no answer")
