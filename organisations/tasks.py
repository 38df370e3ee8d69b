"""Housekeeping of the organisations app, and its letters."""

from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from organisations.services.devices import proofs
from organisations.services.letters import invitations as invitation_letters
from organisations.services.letters.mailbox import MailboxUnreachable, read_mailbox

log = structlog.get_logger(__name__)

SWEEP_MESSAGE_SECONDS = 30


@shared_task(name="organisations.forget_old_proofs")
def forget_old_proofs() -> None:
    """Delete proofs that can no longer be replayed."""
    proofs.forget_old_proofs(now=timezone.now())


@shared_task(name="organisations.send_invitation", soft_time_limit=120)
def send_invitation(organisation_id: str, invitation_id: str) -> None:
    """Send the letter of one invitation."""
    invitation_letters.send_invitation(UUID(organisation_id), UUID(invitation_id), now=timezone.now())


@shared_task(name="organisations.sweep_invitations")
def sweep_invitations() -> None:
    """Pick up the letters that are due, whether or not a message was lost."""
    for organisation_id, invitation_id in invitation_letters.due_invitations(now=timezone.now()):
        send_invitation.apply_async((str(organisation_id), str(invitation_id)), expires=SWEEP_MESSAGE_SECONDS)


@shared_task(name="organisations.read_bounces", soft_time_limit=240)
def read_bounces() -> None:
    """Take the mail that came back, where there is a mailbox for it."""
    if not settings.BOUNCE_IMAP_URL:
        return
    try:
        read_mailbox(settings.BOUNCE_IMAP_URL, now=timezone.now())
    except MailboxUnreachable as error:
        log.warning("bounce_mailbox_unreachable", error=str(error))
