"""What the worker of letters does at a moment: look at an organisation, then write to each reader who is due."""

from datetime import datetime
from uuid import UUID

from certificates.services.reminders.notices import LISTING, notices_of
from organisations.models import Recipient
from organisations.services.notices.look import look_for_notices
from organisations.services.notices.notice import Find
from organisations.services.notices.tell import tell
from organisations.tenancy import acting_for


def remind_organisation(organisation_id: UUID, find: Find = notices_of, *, now: datetime) -> None:
    """Look at an organisation and write its letters; the first failure is raised once all was tried."""
    failures: list[Exception] = []
    try:
        look_for_notices(organisation_id, find, now=now)
    except Exception as error:
        failures.append(error)
    failures += write_letters(organisation_id, find, now=now)
    if failures:
        raise failures[0]


def write_letters(organisation_id: UUID, find: Find = notices_of, *, now: datetime) -> list[Exception]:
    """Write to each recipient who is due, what burns first; return what failed."""
    with acting_for([organisation_id], as_platform=True):
        due = Recipient.objects.filter(organisation=organisation_id, next_attempt_at__lte=now)
        rows = list(due.order_by("-burns", "next_attempt_at").values_list("pk", flat=True))
    failures: list[Exception] = []
    for row in rows:
        try:
            tell(organisation_id, row, find, now=now, listing=LISTING)
        except Exception as error:
            failures.append(error)
    return failures


def next_letter(organisation_id: UUID) -> datetime | None:
    """Return when the first recipient of an organisation is due; None when nobody is."""
    with acting_for([organisation_id], as_platform=True):
        rows = Recipient.objects.filter(organisation=organisation_id).exclude(next_attempt_at=None)
        return rows.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
