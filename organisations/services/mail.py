"""Mail to members: each in the own language, plain text with one link. No number of a person is ever in one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from smtplib import SMTPException
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from organisations.domain.identifiers import mask_ssins
from organisations.domain.roles import Role
from organisations.models import User

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Letter:
    """A subject and a text in one language; `path` leads to the page where something can be done."""

    subject: str
    text: str
    path: str


def administrators_of(organisation_id: UUID) -> list[User]:
    """Return the active administrators of an organisation, which must be named."""
    rows = User.objects.filter(
        is_active=True,
        memberships__organisation_id=organisation_id,
        memberships__role=Role.ADMINISTRATOR,
    )
    return list(rows.distinct().order_by("pk"))


def send(people: Iterable[User], write: Callable[[], Letter]) -> bool:
    """Send each person once what `write` returns in that person's language. Call outside transactions.

    Returns False when the mail server did not take them: then nobody may count as told. Where a server fails midway,
    those before got theirs, and get it again.
    """
    messages = []
    for person in {one.pk: one for one in people if one.is_active}.values():
        with translation.override(person.language):
            letter = write()
            lines = (
                _("Dear %(name)s,") % {"name": person.full_name},
                mask_ssins(letter.text),
                settings.ORIGIN + letter.path,
                _("This message was sent by ehportal, because you look after certificates there."),
            )
        subject = " ".join(mask_ssins(letter.subject).split())
        messages.append(EmailMessage(subject, "\n\n".join(lines) + "\n", to=[person.email]))
    try:
        with get_connection() as connection:
            connection.send_messages(messages)
    except (OSError, SMTPException) as error:
        log.warning("mail_not_sent", messages=len(messages), error=type(error).__name__)
        return False
    return True
