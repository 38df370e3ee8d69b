"""What the commands that invite say about the letter, which they send themselves: there may be no worker yet."""

from django.core.management.base import BaseCommand

from agent.wire.days import written_day
from organisations.models import Invitation
from organisations.services.letters.invitations import LETTERS
from organisations.services.letters.mail import Delivery, DeliveryStatus
from organisations.services.work.drain import take_up_now


def say_delivery(command: BaseCommand, invitation: Invitation) -> None:
    """Send the letter unless a worker was quicker, and say what became of it and what to do."""
    delivery = take_up_now(LETTERS, invitation.organisation_id, invitation.pk)
    if not isinstance(delivery, Delivery) or delivery.status is DeliveryStatus.SENT:
        command.stdout.write(
            f"The invitation is on its way to {invitation.email}; it can be accepted until "
            f"{written_day(invitation.expires_at)}."
        )
        return
    command.stdout.write(
        f"The mail server did not take the letter to {invitation.email}: {delivery.answer}. A worker tries again. To "
        f"send it again yourself: manage.py invite_administrator {invitation.organisation_id} {invitation.email} "
        f'"{invitation.full_name}"'
    )
