"""Mail to people: each in the own language, as plain text and as simple HTML. No number of a person is ever in one.

`send` is the one way out of the house: whatever the letter is, it leaves with the address to which it comes back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, Reader, User
from organisations.services.letters.returned import envelope_sender

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Note:
    """One thing to say, in one language; `path` leads to the page where something can be done."""

    title: str
    text: str
    path: str
    answer: str = ""
    """The path at which the reader can say, without signing in, that somebody takes care of it."""

    def answered_at(self, path: str) -> "Note":
        """Return the same with the path at which it can be answered."""
        return replace(self, answer=path)


@dataclass(frozen=True)
class Part:
    """What one person is told at once about one organisation; `more` things are only counted.

    `listed` others stand, with all else of the letter that does, in the list at the path `view`.
    """

    organisation: Organisation
    notes: Sequence[Note]
    more: int = 0
    listed: int = 0
    view: str = ""

    def address_of(self, path: str) -> str:
        """Return the web address of `path`, for a reader who may be in another organisation at the moment."""
        joint = "&" if "?" in path else "?"
        return f"{settings.ORIGIN}{path}{joint}{urlencode({'organisation': self.organisation.pk})}"


@dataclass(frozen=True)
class Letter:
    """What one person is told at once, in one language."""

    subject: str
    parts: Sequence[Part]
    stop: str = ""
    """The path at which a reader who has no account can end these letters."""


class DeliveryStatus(StrEnum):
    """What became of a letter."""

    SENT = "sent"
    REFUSED = "refused"
    """The mail server did not take this letter or its address, or did not say so; the next letter may well go."""
    UNREACHABLE = "unreachable"
    """The mail server could not be reached, or takes nothing of us at all."""


@dataclass(frozen=True)
class Delivery:
    """What became of a letter, and what the mail server said when it was not sent."""

    status: DeliveryStatus
    answer: str = ""


def post(reader: Reader, write: Callable[[], Letter]) -> Delivery:
    """Send `reader` what `write` returns in the reader's language. Call outside transactions: it may take seconds."""
    with in_words_of(reader):
        message = _message(reader, write())
    return send(message)


@contextmanager
def in_words_of(reader: Reader) -> Iterator[None]:
    """Write in the reader's language, and name the days that the pages name."""
    with translation.override(reader.language), timezone.override(settings.DISPLAY_TIME_ZONE):
        yield


@dataclass(frozen=True)
class Message:
    """A letter about one thing, in words of one language: paragraphs, one address to go to, and what else to know."""

    subject: str
    before: Sequence[str]
    link: str
    """What the address is called."""
    address: str
    after: Sequence[str]


def compose(to: str, name: str, language: str, message: Message) -> EmailMultiAlternatives:
    """Return `message` for `to` in our shell, as plain text and as simple HTML."""
    subject = " ".join(mask_ssins(message.subject).split())
    context = {
        "name": name,
        "subject": subject,
        "before": [mask_ssins(one) for one in message.before],
        "link": message.link,
        "address": message.address,
        "after": [mask_ssins(one) for one in message.after],
        "language": language,
    }
    with translation.override(language):
        return _rendered("message", to, subject, context)


def send(message: EmailMultiAlternatives) -> Delivery:
    """Hand `message` to the mail server and say what became of it. Call outside transactions: it may take seconds.

    Raises ValueError unless it goes to one address: what comes back tells by its envelope's sender which one it was.
    """
    [address] = message.recipients()
    message.from_email = envelope_sender(address) or settings.DEFAULT_FROM_EMAIL
    message.extra_headers["From"] = settings.DEFAULT_FROM_EMAIL
    mailbox = get_connection()
    try:
        mailbox.open()
    except (OSError, SMTPException) as error:
        return _not_sent(DeliveryStatus.UNREACHABLE, 0, type(error).__name__)
    try:
        mailbox.send_messages([message])
    except SMTPRecipientsRefused as error:
        return _not_sent(DeliveryStatus.REFUSED, *next(iter(error.recipients.values()), (0, b"")))
    except SMTPSenderRefused as error:
        return _not_sent(DeliveryStatus.UNREACHABLE, error.smtp_code, error.smtp_error)
    except SMTPDataError as error:
        return _not_sent(DeliveryStatus.REFUSED, error.smtp_code, error.smtp_error)
    except ValueError as error:  # an address or a name that no header takes
        return _not_sent(DeliveryStatus.REFUSED, 0, str(error))
    except (OSError, SMTPException) as error:
        # It may have gone: what a slow server took without saying so must not come again every half hour.
        return _not_sent(DeliveryStatus.REFUSED, 0, type(error).__name__)
    finally:
        with suppress(OSError, SMTPException):
            mailbox.close()
    return Delivery(DeliveryStatus.SENT)


def _message(reader: Reader, letter: Letter) -> EmailMultiAlternatives:
    subject = " ".join(mask_ssins(letter.subject).split())
    context = {
        "name": reader.full_name,
        "subject": subject,
        "parts": [_part(one, member=isinstance(reader, User)) for one in letter.parts],
        "stop": f"{settings.ORIGIN}{letter.stop}" if letter.stop else "",
        "language": reader.language,
    }
    return _rendered("letter", reader.email, subject, context)


def _part(part: Part, *, member: bool) -> dict[str, object]:
    """Return a part for the template. Whoever has no account is led to no page that asks for one."""
    # Addresses stay as they are: the digits of an identifier may look like a number of a person.
    return {
        "organisation": mask_ssins(str(part.organisation)),
        "notes": [
            {
                "title": mask_ssins(one.title),
                "text": mask_ssins(one.text),
                "address": part.address_of(one.path) if member else "",
                "answer": f"{settings.ORIGIN}{one.answer}" if one.answer else "",
            }
            for one in part.notes
        ],
        "listed": part.listed,
        "view": part.address_of(part.view) if member and part.view else "",
        "more": part.more,
        "all": part.address_of(reverse("notices")) if member else "",
    }


def _rendered(template: str, to: str, subject: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    text, html = (render_to_string(f"mail/{template}.{form}", context) for form in ("txt", "html"))
    message = EmailMultiAlternatives(
        subject,
        text,
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: no out-of-office note answers it
    )
    message.attach_alternative(html, "text/html")
    return message


def _not_sent(status: DeliveryStatus, code: int, answer: object) -> Delivery:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    log.warning("mail_not_sent", status=str(status), code=code)
    return Delivery(status, mask_ssins(" ".join(f"{code or ''} {said}".split()))[:200])
