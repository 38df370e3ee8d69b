"""A real SMTP server on the loopback that keeps what it is given."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings
from pytest_django import Settings

from deploy.stack.ports import free_port


class MailSink:
    """Every mail that was taken, in order.

    `refuses` makes it take no letter from here on; addresses in `unknown` have no mailbox. `delay` is
    how many seconds it thinks before it says that it took one.
    """

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.senders: list[str] = []
        """The envelope's sender of each."""
        self.refuses = False
        self.unknown: set[str] = set()
        self.delay = 0.0
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:  # the library's name
        """Take an address, or say that there is no such mailbox."""
        if address in self.unknown:
            return f"550 5.1.1 <{address}> no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:  # the library's name
        """Keep one mail, or refuse it."""
        await asyncio.sleep(self.delay)
        if self.refuses:
            return "451 The mailbox is busy"
        content = envelope.content
        assert isinstance(content, bytes)
        message: Any = message_from_bytes(content, policy=policy.default)
        self.senders.append(str(envelope.mail_from))
        self.mails.append((list(envelope.rcpt_tos), message))
        return "250 Taken"

    def start(self) -> None:
        """Listen on `port`."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def mail_to(self, address: str) -> EmailMessage:
        """The only mail to an address."""
        [message] = [message for to, message in self.mails if to == [address]]
        return message

    def text_to(self, address: str, kind: str = "plain") -> str:
        """The text of the only mail to an address; `kind` is plain or html."""
        body = self.mail_to(address).get_body((kind,))
        assert body is not None
        return str(body.get_content())


@contextmanager
def receiving_mail(settings: Settings | LazySettings) -> Iterator[MailSink]:
    """Let mail go to a sink of its own, over SMTP."""
    sink = MailSink()
    settings.EMAIL_BACKEND = "organisations.services.letters.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    sink.start()
    try:
        yield sink
    finally:
        sink.stop()
