"""Reading the mailbox to which mail comes back, by IMAP; where a mail server can call, the hook does the same."""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from organisations.services.letters.returned import MOST_BYTES, take_returned_mail
from outside.circuits import calling
from outside.deadline import Deadline
from outside.errors import CallFailed
from outside.sockets import Limits, connect, system_context

SECONDS = 20
"""For connecting, and for each silence."""
MOST_AT_ONCE = 200
"""Messages that one look reads; the next one goes on."""


class MailboxUnreachable(Exception):
    """The mailbox could not be opened; its address, which holds a password, is never told."""


class _Mailbox(imaplib.IMAP4):
    """A conversation with a deadline, in which no message is larger than those that were asked for."""

    def __init__(self, host: str, port: int, *, tls: bool) -> None:
        self._tls = tls
        super().__init__(host, port, timeout=SECONDS)

    def _create_socket(self, timeout: float | None) -> Any:
        total = settings.MAILBOX_DEADLINE
        line = connect(self.host, self.port, Limits(SECONDS, SECONDS, total), Deadline(total))
        return system_context().wrap_socket(line, server_hostname=self.host) if self._tls else line

    def read(self, size: int) -> bytes:
        """Read so many bytes. Raises IMAP4.abort for more than a message has."""
        if size > MOST_BYTES:
            raise self.abort("more than was asked for")
        return super().read(size)


@contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    tls = parts.scheme == "imaps"
    host, port = parts.hostname or "", parts.port or (993 if tls else 143)
    try:
        with calling(f"{host}:{port}"):
            mailbox = _Mailbox(host, port, tls=tls)
    except (OSError, CallFailed, imaplib.IMAP4.error) as error:
        raise MailboxUnreachable(type(error).__name__) from None
    try:
        mailbox.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        status, _found = mailbox.select(f'"{folder}"')
        if status != "OK":
            raise MailboxUnreachable("no such folder")
        yield mailbox
        mailbox.expunge()
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnreachable(type(error).__name__) from None
    finally:
        try:
            mailbox.logout()
        except (OSError, imaplib.IMAP4.error):
            mailbox.shutdown()


def read_bounces(*, now: datetime) -> None:
    """Take the mail that came back, where there is a mailbox for it. Raises MailboxUnreachable."""
    if settings.BOUNCE_IMAP_URL:
        read_mailbox(settings.BOUNCE_IMAP_URL, now=now)


def read_mailbox(url: str, *, now: datetime) -> tuple[int, int]:
    """Take what came back and was not read yet; return how many messages there were, and how many marked an address.

    `url` is `imaps://user:password@host[:port][/folder]`. What marked an address is deleted, the rest stays, read: a
    person may have answered. Reading twice changes nothing. Raises MailboxUnreachable.
    """
    marked = 0
    with _opened(url) as mailbox:
        _status, found = mailbox.search(None, "UNSEEN", "SMALLER", str(MOST_BYTES))
        numbers = (found[0] or b"").split()[:MOST_AT_ONCE]
        for number in numbers:
            _status, parts = mailbox.fetch(number.decode(), "(RFC822)")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            if take_returned_mail(raw, now=now):
                mailbox.store(number.decode(), "+FLAGS", r"(\Deleted)")
                marked += 1
    return len(numbers), marked
