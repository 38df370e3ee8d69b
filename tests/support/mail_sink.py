"""A real SMTP server on the loopback that keeps what it is given."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.stack.ports import free_port


class MailSink:
    """Every mail that was taken, in order; `refuses` makes it say no to all that follow."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refuses = False
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:  # the library's name
        """Keep one mail, or refuse it."""
        if self.refuses:
            return "451 The mailbox is busy"
        content = envelope.content
        assert isinstance(content, bytes)
        message: Any = message_from_bytes(content, policy=policy.default)
        self.mails.append((list(envelope.rcpt_tos), message))
        return "250 Taken"

    def start(self) -> None:
        """Listen on `port`."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def text_to(self, address: str) -> str:
        """The text of the only mail to an address."""
        [message] = [message for to, message in self.mails if to == [address]]
        body = message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())
