"""`manage.py read_bounces`: takes what came back to the mailbox of BOUNCE_IMAP_URL, as the worker does by itself."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from organisations.services.letters.mailbox import MailboxUnreachable, read_mailbox


class Command(BaseCommand):
    """Reads once and says what was found."""

    help = "Read the mailbox to which mail comes back, and mark the addresses."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where no mailbox was set, or it cannot be opened."""
        if not settings.BOUNCE_IMAP_URL:
            raise CommandError("Set BOUNCE_IMAP_URL (imaps://user:password@host/folder) in the environment.")
        try:
            found, marked = read_mailbox(settings.BOUNCE_IMAP_URL, now=timezone.now())
        except MailboxUnreachable as error:
            raise CommandError(f"The mailbox cannot be read: {error}") from None
        self.stdout.write(f"{found} messages read, {marked} addresses marked.")
