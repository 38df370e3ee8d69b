"""Housekeeping of the organisations app."""

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from organisations.services import proofs
from organisations.services.bounce_mailbox import MailboxUnreachable, read_mailbox

log = structlog.get_logger(__name__)


@shared_task(name="organisations.forget_old_proofs")
def forget_old_proofs() -> None:
    """Delete proofs that can no longer be replayed."""
    proofs.forget_old_proofs(now=timezone.now())


@shared_task(name="organisations.read_bounces", soft_time_limit=240)
def read_bounces() -> None:
    """Take the mail that came back, where there is a mailbox for it."""
    if not settings.BOUNCE_IMAP_URL:
        return
    try:
        read_mailbox(settings.BOUNCE_IMAP_URL, now=timezone.now())
    except MailboxUnreachable as error:
        log.warning("bounce_mailbox_unreachable", error=str(error))
