"""Mail to members: each in the own language, as plain text and as simple HTML. No number of a person is ever in one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from smtplib import SMTPDataError, SMTPException, SMTPNotSupportedError, SMTPRecipientsRefused

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from organisations.domain.identifiers import mask_ssins
from organisations.models import User

log = structlog.get_logger(__name__)

MOST_NOTES = 25
"""More than these are counted instead of shown."""


@dataclass(frozen=True)
class Note:
    """One thing to say, in one language; `path` leads to the page where something can be done."""

    title: str
    text: str
    path: str

    @property
    def address(self) -> str:
        """Where `path` is."""
        return settings.ORIGIN + self.path


@dataclass(frozen=True)
class Letter:
    """What one person is told at once, about one organisation, in one language."""

    subject: str
    organisation: str
    notes: Sequence[Note]


class Fate(StrEnum):
    """What became of a letter."""

    SENT = "sent"
    REFUSED = "refused"
    """The mail server did not take this letter or its address; the next letter may well go."""
    UNREACHABLE = "unreachable"
    """The mail server could not be reached, or takes nothing of us at all."""


@dataclass(frozen=True)
class Posted:
    """What became of a letter, and what the mail server said when it was not sent."""

    fate: Fate
    answer: str = ""


def post(reader: User, write: Callable[[], Letter]) -> Posted:
    """Send `reader` what `write` returns in the reader's language. Call outside transactions: it may take seconds."""
    with translation.override(reader.language):
        message = _message(reader, write())
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()), (0, b""))
        return _not_sent(Fate.REFUSED, code, answer)
    except SMTPDataError as error:
        return _not_sent(Fate.REFUSED, error.smtp_code, error.smtp_error)
    except (
        SMTPNotSupportedError,
        ValueError,
    ) as error:  # an address or a name that cannot be written in a header
        return _not_sent(Fate.REFUSED, 0, str(error))
    except (OSError, SMTPException) as error:
        return _not_sent(Fate.UNREACHABLE, 0, type(error).__name__)
    return Posted(Fate.SENT)


def _message(reader: User, letter: Letter) -> EmailMultiAlternatives:
    # Addresses stay as they are: the digits of an identifier may look like a number of a person.
    masked = [replace(one, title=mask_ssins(one.title), text=mask_ssins(one.text)) for one in letter.notes]
    subject = " ".join(mask_ssins(letter.subject).split())
    context = {
        "reader": reader,
        "subject": subject,
        "organisation": mask_ssins(letter.organisation),
        "notes": masked[:MOST_NOTES],
        "more": max(0, len(letter.notes) - MOST_NOTES),
        "origin": settings.ORIGIN,
        "language": reader.language,
    }
    text, html = (render_to_string(f"mail/letter.{form}", context) for form in ("txt", "html"))
    message = EmailMultiAlternatives(
        subject,
        text,
        to=[reader.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: no out-of-office note answers it
    )
    message.attach_alternative(html, "text/html")
    return message


def _not_sent(fate: Fate, code: int, answer: object) -> Posted:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    log.warning("mail_not_sent", fate=str(fate), code=code)
    return Posted(fate, mask_ssins(" ".join(f"{code or ''} {said}".split()))[:200])
