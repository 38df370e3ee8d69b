"""Everything that members of an organisation are to be reminded of at this moment."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.urls import reverse

from certificates.models import Certificate, CertificateRequest
from certificates.services.notices.readers import Readers
from certificates.services.reminders.certificates import renewals, switches
from certificates.services.reminders.ended import ended
from certificates.services.reminders.endings import FINDERS, endings_told
from certificates.services.reminders.escalation import unanswered
from certificates.services.reminders.foreigners import deadlines
from certificates.services.reminders.numbers import contested_numbers, declined_numbers
from certificates.services.reminders.signatures import signatures, unsigned_questions, unsigned_revocations
from certificates.services.reminders.systems import ending_connections, unreachable_webhooks
from certificates.services.reminders.tokens import waiting_tokens
from certificates.services.reminders.trusted import trusted_lists
from organisations.domain.roles import Permission
from organisations.models import Organisation
from organisations.services.notices import look, tell
from organisations.services.notices.notice import Broken, Listing, Notice, each_by_itself

KINDS: tuple[Callable[[Organisation, Readers, datetime], Iterable[Notice]], ...] = (
    contested_numbers,
    declined_numbers,
    unsigned_revocations,
    ended,
    signatures,
    unsigned_questions,
    deadlines,
    unanswered,
    renewals,
    switches,
    waiting_tokens,
    ending_connections,
    trusted_lists,
    unreachable_webhooks,
    *(partial(endings_told, about) for about in FINDERS),
)
"""In the order in which a letter tells them."""


def notices_of(organisation: Organisation, now: datetime, broken: Broken) -> list[Notice]:
    """Find every notice of an organisation; the number of queries does not depend on how many there are.

    A kind that fails stands in `broken` and hides none of the others.
    """
    readers = Readers(organisation, now)
    return each_by_itself((partial(find, organisation, readers, now) for find in KINDS), broken)


def look_for_notices(organisation_id: UUID, _row: UUID, /, *, now: datetime) -> None:
    """Write down what an organisation's members are to be told; safe to run twice, at once or again."""
    look.look_for_notices(organisation_id, notices_of, now=now)


def write_to(organisation_id: UUID, recipient_id: UUID, /, *, now: datetime) -> None:
    """Mail one recipient what is due; safe to run twice, at once or again. Call outside transactions."""
    tell.tell(organisation_id, recipient_id, notices_of, now=now, listing=LISTING)


def _certificate_of(notice: Notice) -> UUID | None:
    subject = notice.subject
    if isinstance(subject, Certificate):
        return subject.pk
    return subject.replaces_id if isinstance(subject, CertificateRequest) else None


LISTING = Listing(
    holds=lambda notice: _certificate_of(notice) is not None,
    needs=Permission.SEE_INVENTORY,
    path=lambda row: f"{reverse('inventory')}?told={row.pk}",
)
"""The list of certificates, narrowed to what one letter told (`certificates.selectors.filters`)."""
