"""Webhooks of the organisation: their list, one with what it was told, and the form by which one is made or changed."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisations.domain.webhooks import Topic
from organisations.errors import ChangedMeanwhile, WebhookRefused
from organisations.models import Delivery, Webhook
from organisations.services.audit import Actor
from organisations.services.webhooks.keep import (
    MOST_ADDRESS,
    MOST_NAME,
    change_webhook,
    make_webhook,
    webhooks_of,
)
from organisations.web.pages import MANAGE, page, show_refusal
from organisations.web.record.meanwhile import hold
from organisations.web.tenancy import TenantRequest
from organisations.web.webhooks.words import TOPICS, delivery_line, line_of

SHOWN = 50
"""Messages on one page of the log."""


class WebhookForm(forms.Form):
    """Which system listens, where, and what it is told."""

    name = forms.CharField(
        label=gettext_lazy("Which system listens there"),
        max_length=MOST_NAME,
        help_text=gettext_lazy("For example: the service desk's tickets."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=MOST_ADDRESS,
        help_text=gettext_lazy("It begins with https:// and can be reached from the internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=[(topic.value, topic.value) for topic in Topic],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing of which it is told.")},
    )


@page(MANAGE)
def webhooks(request: TenantRequest) -> HttpResponse:
    """The webhooks that are not ended."""
    lines = [line_of(one) for one in webhooks_of(request.tenancy.organisation)]
    return render(request, "organisations/webhooks/list.html", {"lines": lines})


@page(MANAGE, methods=("GET", "POST"))
def webhook_new(request: TenantRequest) -> HttpResponse:
    """Make a webhook, and show its secret on the page that answers: it is shown nowhere else."""
    form = WebhookForm(request.POST or None, initial={"topics": [Topic.CERTIFICATES, Topic.ENDS]})
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = make_webhook(
                request.tenancy.organisation,
                **form.cleaned_data,
                user=request.tenancy.user,
                now=timezone.now(),
            )
        except WebhookRefused as refusal:
            show_refusal(form, refusal)
        else:
            return shown_with_secret(request, made, secret)
    return _form(request, form, _("New webhook"), _("Make it"))


@page(MANAGE, methods=("GET", "POST"))
def webhook_change(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """Change name, address or topics; of two who do so at once the later one is told, and what was typed stays."""
    found = webhook_here(request, webhook_id)
    initial = {"name": found.name, "address": found.address, "topics": found.topics}
    form = WebhookForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            found = held(request, webhook_id, stands=mark)
            change_webhook(found, **form.cleaned_data, actor=Actor.of(request.tenancy), now=timezone.now())
        except (WebhookRefused, ChangedMeanwhile) as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The webhook is changed."))
            return redirect("webhook", found.pk)
    return _form(request, form, _("Change the webhook"), _("Keep this"), found)


@page(MANAGE)
def webhook(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """One webhook, and what it was told, the latest first."""
    found = webhook_here(request, webhook_id)
    rows = Delivery.objects.filter(webhook=found)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < len(str(2**63)):
        rows = rows.filter(position__lt=int(before))
    shown = list(rows[: SHOWN + 1])
    context: dict[str, Any] = {
        "webhook": found,
        "line": line_of(found),
        "topics": [TOPICS[Topic(one)] for one in found.topics],
        "log": [delivery_line(one, timezone.now()) for one in shown[:SHOWN]],
        "earlier": shown[SHOWN - 1].position if len(shown) > SHOWN else None,
        "continued": bool(before),
        "given_up": Delivery.objects.filter(webhook=found, given_up_at__isnull=False).exists(),
        "both_sign_until": _still(found.former_until),
        "seen": mark(found),
    }
    return render(request, "organisations/webhooks/webhook.html", context)


def webhook_here(request: TenantRequest, webhook_id: UUID) -> Webhook:
    """Return a webhook of the current organisation that has not ended. Raises Http404."""
    return get_object_or_404(webhooks_of(request.tenancy.organisation), pk=webhook_id)


def held(
    request: TenantRequest, webhook_id: UUID, *, stands: Callable[[Webhook], object] | None = None
) -> Webhook:
    """Return a webhook that has not ended, locked. Raises ChangedMeanwhile, where a form's `seen` is another too."""
    return hold(request, webhooks_of(request.tenancy.organisation), webhook_id, stands=stands)


def mark(found: Webhook) -> str:
    """Return what a form sends back, so that the later of two is told what the first has changed."""
    known = "\0".join([found.name, found.address, *found.topics])
    return hashlib.sha256(known.encode() + bytes(found.sealed_secret)).hexdigest()[:16]


def shown_with_secret(request: HttpRequest, made: Webhook, secret: str) -> HttpResponse:
    """Return the page that shows a new secret, once."""
    return render(request, "organisations/webhooks/secret.html", {"webhook": made, "secret": secret})


def _still(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and moment > timezone.now() else None


def _form(
    request: HttpRequest, form: WebhookForm, title: str, submit: str, found: Webhook | None = None
) -> HttpResponse:
    chosen = set(form["topics"].value() or ())
    context = {
        "form": form,
        "title": title,
        "submit": submit,
        "webhook": found,
        "seen": mark(found) if found else "",
        "topics": [(topic.value, *TOPICS[topic], topic.value in chosen) for topic in Topic],
    }
    status = 422 if form.errors else 200
    return render(request, "organisations/webhooks/form.html", context, status=status)
