"""What lets a holder sign and ends: a mandate, and the certificate of an identity card."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from agent.wire.days import belgian_day, days_left
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of
from certificates.services.reminders.ending import Ending
from organisations.models import Device, Mandate, Organisation, Person, Reader
from organisations.services.letters.mail import Note


def ending_mandates(
    organisation: Organisation, readers: Readers, now: datetime, within: timedelta
) -> Iterator[Ending]:
    """Find the mandates in force that end within a time and that none of the same person follows."""
    today = belgian_day(now)
    follows = Mandate.objects.still_counting_after(today).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=OuterRef("ends_on")),
        person=OuterRef("person"),
        identifier=OuterRef("identifier"),
    )
    rows = (
        Mandate.objects.filter(
            ~Exists(follows),
            organisation=organisation,
            person__left_on=None,
            ends_on__lte=today + within,
        )
        .active_on(today)
        .select_related("person", "identifier")
    )
    for mandate in rows.order_by("ends_on", "pk"):
        if mandate.ends_on is None:
            continue
        ends_at = now + timedelta(days=days_left(mandate.ends_on, now))
        write, person = _mandate(mandate, mandate.ends_on), readers.account_of(mandate.person)
        yield Ending("mandate", mandate, ends_at, write, person)


def ending_cards(
    organisation: Organisation, readers: Readers, now: datetime, within: timedelta
) -> Iterator[Ending]:
    """Find the holders whose identity card, as it was last seen, ends within a time."""
    seen = (
        Device.objects.filter(
            links__organisation=organisation,
            links__ended_at=None,
            revoked_at=None,
            card_ends_at__isnull=False,
        )
        .values("ssin_index")
        .annotate(last=Max("card_ends_at"))
        .filter(last__gt=now, last__lte=now + within)
    )
    ends = {row["ssin_index"]: row["last"] for row in seen}
    if not ends:
        return
    people = Person.objects.filter(organisation=organisation, left_on=None, ssin_index__in=ends)
    for person in people.select_related("user").order_by("pk"):
        end = ends[person.ssin_index]
        write = _card(person, belgian_day(end))
        yield Ending("card", person, end, write, readers.account_of(person), dated=True)


def _mandate(mandate: Mandate, last: date) -> Callable[[Reader], Note]:
    facts = {"name": mandate.person, "number": mandate.identifier.value}
    return lambda reader: Note(
        _("The mandate of %(name)s for %(number)s ends on %(day)s") % (facts | {"day": day_of(last)}),
        _(
            "After that day %(name)s can sign nothing for this number any more. Have the next mandate given in time."
        )
        % facts,
        _page(mandate.person, reader),
    )


def _card(person: Person, last: date) -> Callable[[Reader], Note]:
    return lambda reader: Note(
        _("The identity card of %(name)s ends on %(day)s") % {"name": person, "day": day_of(last)},
        _(
            "After that day nothing can be signed with it. Ask the municipality for a new one in time: making it "
            "takes some weeks."
        ),
        _page(person, reader),
    )


def _page(person: Person, reader: Reader) -> str:
    """Return where `reader` goes on: holders have a page of their own, and no right to the organisation's."""
    return reverse("workstation" if person.user_id == reader.pk else "organisation")
