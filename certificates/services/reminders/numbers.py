"""Letters about numbers of the organisation that another one wrote down."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.services.reminders.readers import Readers
from organisations.domain.claims import Use
from organisations.domain.mandates import belgian_day
from organisations.models import Organisation, OrganisationIdentifier, User
from organisations.services.letters.mail import Note
from organisations.services.letters.reminders import Notice, Urgency

FIRST_DAY = date(2026, 1, 1)
"""Steps count from here: what happens on another day is told again."""


def contested_numbers(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Proven numbers that another organisation claims; the administrators hear of it once a day that it happens."""
    rows = OrganisationIdentifier.objects.that_may(Use.GUARD).filter(organisation=organisation)
    for number in rows.exclude(contested_at=None).order_by("type", "value"):
        if number.contested_at is None:
            continue
        step = (belgian_day(number.contested_at) - FIRST_DAY).days
        yield Notice(
            "number", step, number, readers.administrators, _claimed(number), urgency=Urgency.AT_ONCE
        )


def _claimed(number: OrganisationIdentifier) -> Callable[[User], Note]:
    values = {"organisation": number.contested_by, "number": number.value}
    return lambda _reader: Note(
        _("%(organisation)s wrote down your number %(number)s") % values,
        _(
            "It waits for the operator of the platform and sees nothing of yours. Tell the operator what you know:"
        ),
        reverse("organisation"),
    )
