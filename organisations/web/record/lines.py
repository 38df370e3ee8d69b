"""Events of the record as lines that people read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import pgettext

from organisations.domain.claims import Voucher
from organisations.domain.roles import Role
from organisations.models import AuditEvent
from organisations.web.words import (
    ACTIONS,
    ENVIRONMENTS,
    FACTS,
    KEY_STORE_SOFTWARE,
    PLATFORM,
    REASONS,
    REMINDERS,
    REVOCATION_REASONS,
    ROLES,
    VOUCHERS,
    WITNESSES,
)

PAGES = {"intake": "import-taken"}
"""Names of the pages that show what one event is about, by the type of its subject."""
DATES = {"day", "starts_on", "ends_on", "withdrawn_on", "left_on"}


@dataclass(frozen=True)
class EventLine:
    """One event: when, what, who, and the facts that go with it."""

    at: datetime
    what: str
    who: str
    facts: tuple[tuple[str, str], ...]
    address: str = ""
    """Where its parts are shown, of an event about many things."""


def line_of(event: AuditEvent) -> EventLine:
    """Return the line of one event; an action without a word of its own is shown as it was written."""
    shown = tuple(
        (str(FACTS[key]), _shown(key, value))
        for key, value in event.details.items()
        if key in FACTS and value
    )
    who = str(PLATFORM) if event.actor_type == "platform" else event.actor_name
    place = PAGES.get(event.subject_type)
    address = reverse(place, args=[event.subject_id]) if place else ""
    return EventLine(event.happened_at, str(ACTIONS.get(event.action, event.action)), who, shown, address)


def lines_of(events: Iterable[AuditEvent]) -> list[EventLine]:
    """Return the lines of several events, in their order."""
    return [line_of(event) for event in events]


def _shown(key: str, value: object) -> str:
    if key in DATES and isinstance(value, str):
        return date_format(date.fromisoformat(value), pgettext("a day, Django date format", "j F Y"))
    if key == "role" and value in set(Role):
        return str(ROLES[Role(str(value))])
    if key == "software" and value in KEY_STORE_SOFTWARE:
        return str(KEY_STORE_SOFTWARE[str(value)])
    if key == "environment":
        return str(ENVIRONMENTS.get(str(value), value))
    if key == "reason":
        return str(REASONS.get(str(value), value))
    if key == "reminder":
        return str(REMINDERS.get(str(value), value))
    if key == "revocation_reason":
        return str(REVOCATION_REASONS.get(str(value), value))
    if key == "voucher" and value in set(Voucher):
        return str(VOUCHERS[Voucher(str(value))])
    if key == "source":
        return str(WITNESSES.get(str(value), value))
    if key in {"fingerprint", "public_key_identifier"}:
        return f"{str(value)[:16]}…"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
