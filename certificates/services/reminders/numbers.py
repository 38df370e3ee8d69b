"""Letters about numbers of the organisation: another one wrote it down, or the operator declined it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.services.notices.readers import Readers
from organisations.domain.claims import NumberState, Use
from organisations.domain.mandates import belgian_day
from organisations.models import Organisation, OrganisationIdentifier, Reader
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice, Urgency

FIRST_DAY = date(2026, 1, 1)
"""Steps count from here: what happens on another day is told again."""
TOLD_FOR = timedelta(days=30)
"""So long afterwards it is still news, also to an administrator who came later."""


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


def declined_numbers(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Numbers that the operator declined of late; the administrators hear of it once a day that it happens."""
    rows = OrganisationIdentifier.objects.filter(
        organisation=organisation, state=NumberState.DECLINED, declined_at__gt=now - TOLD_FOR
    )
    for number in rows.order_by("type", "value"):
        if number.declined_at is None:
            continue
        step = (belgian_day(number.declined_at) - FIRST_DAY).days
        yield Notice(
            "declined", step, number, readers.administrators, _declined(number), urgency=Urgency.AT_ONCE
        )


def _declined(number: OrganisationIdentifier) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The operator of the platform declined your number %(number)s") % {"number": number.value},
        _("The reason given: “%(reason)s”. What you can do stands on this page:")
        % {"reason": number.declined_because},
        reverse("organisation"),
    )


def _claimed(number: OrganisationIdentifier) -> Callable[[Reader], Note]:
    values = {"organisation": number.contested_by, "number": number.value}
    return lambda _reader: Note(
        _("%(organisation)s wrote down your number %(number)s") % values,
        _(
            "It waits for the operator of the platform and sees nothing of yours. Tell the operator what you know:"
        ),
        reverse("organisation"),
    )
