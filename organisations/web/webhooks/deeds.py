"""What can be done with a webhook: tried, given another secret, stopped, let go on, ended, told something again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisations.errors import ChangedMeanwhile
from organisations.models import Delivery
from organisations.services.audit import Actor
from organisations.services.webhooks import keep
from organisations.web.pages import MANAGE, page, sentence_of
from organisations.web.tenancy import TenantRequest
from organisations.web.webhooks.pages import held, mark, shown_with_secret, webhook_here


@page(MANAGE, methods=("POST",))
def webhook_try(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """Send a message that is a test."""
    found = webhook_here(request, webhook_id)
    keep.try_webhook(found, now=timezone.now())
    if found.stopped_at is None:
        messages.success(request, _("A test is on its way; what came back stands here in a moment."))
    else:
        messages.warning(request, _("The webhook is stopped: the test leaves once it goes on."))
    return redirect("webhook", found.pk)


@page(MANAGE, methods=("POST",))
def webhook_rotate(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """Make another secret and show it once; sent twice, or from an older page, it makes no further one."""
    try:
        found = held(request, webhook_id, stands=mark)
    except ChangedMeanwhile as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("webhook", webhook_id)
    secret = keep.rotate_secret(found, actor=Actor.of(request.tenancy), now=timezone.now())
    return shown_with_secret(request, found, secret)


@page(MANAGE, methods=("POST",))
def webhook_stop(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """Send nothing for the time being."""
    found = webhook_here(request, webhook_id)
    if keep.stop_webhook(found, actor=Actor.of(request.tenancy), now=timezone.now()):
        messages.success(request, _("Nothing is sent for the time being; what happens is kept for it."))
    return redirect("webhook", found.pk)


@page(MANAGE, methods=("POST",))
def webhook_resume(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """Send again, what was kept first."""
    found = webhook_here(request, webhook_id)
    if keep.resume_webhook(found, actor=Actor.of(request.tenancy), now=timezone.now()):
        messages.success(request, _("It is told again, what was kept first."))
    return redirect("webhook", found.pk)


@page(MANAGE, methods=("POST",))
def webhook_end(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """End a webhook."""
    found = webhook_here(request, webhook_id)
    keep.end_webhook(found, actor=Actor.of(request.tenancy), now=timezone.now())
    messages.success(request, _("The webhook “%(name)s” is told nothing any more.") % {"name": found.name})
    return redirect("webhooks")


@page(MANAGE, methods=("POST",))
def delivery_again(request: TenantRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one message again."""
    found = webhook_here(request, webhook_id)
    get_object_or_404(Delivery, webhook=found, pk=delivery_id)
    return _again(
        request, webhook_id, keep.send_again(Delivery.objects.filter(webhook=found, pk=delivery_id))
    )


@page(MANAGE, methods=("POST",))
def deliveries_again(request: TenantRequest, webhook_id: UUID) -> HttpResponse:
    """Send again everything that was given up."""
    found = webhook_here(request, webhook_id)
    given_up = Delivery.objects.filter(webhook=found, given_up_at__isnull=False)
    return _again(request, webhook_id, keep.send_again(given_up))


def _again(request: TenantRequest, webhook_id: UUID, number: int) -> HttpResponse:
    if number:
        sentence = ngettext(
            "%(number)d message is sent again.", "%(number)d messages are sent again.", number
        )
        messages.success(request, sentence % {"number": number})
    else:
        messages.info(request, _("It is being sent at this moment."))
    return redirect("webhook", webhook_id)
