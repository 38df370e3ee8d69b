"""Questions about organisations that pages and API ask; all of them see only named organisations."""

from uuid import UUID

from django.db.models import QuerySet

from organisations.keyset import Page, page_of
from organisations.models import (
    AuditEvent,
    Device,
    Mandate,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
    Reminder,
    User,
)


def people_of(organisation: Organisation) -> "QuerySet[Person]":
    """People who have not left, by name."""
    return Person.objects.filter(organisation=organisation, left_on=None).select_related("user")


def people_who_left(organisation: Organisation) -> "QuerySet[Person]":
    """People who have left, the latest first."""
    return (
        Person.objects.filter(organisation=organisation)
        .exclude(left_on=None)
        .order_by("-left_on", "name", "pk")
    )


def mandates_of(organisation: Organisation) -> "QuerySet[Mandate]":
    """Return all mandates with their person and identifier, the newest start first."""
    return (
        Mandate.objects.filter(organisation=organisation)
        .select_related("person", "identifier")
        .order_by("-starts_on", "id")
    )


def identifiers_of(organisation: Organisation) -> "QuerySet[OrganisationIdentifier]":
    """Return the organisation's identifiers."""
    return OrganisationIdentifier.objects.filter(organisation=organisation).select_related("organisation")


def members_of(organisation: Organisation) -> "QuerySet[Membership]":
    """Roles with their users."""
    return (
        Membership.objects.filter(organisation=organisation)
        .select_related("user")
        .order_by("user__full_name", "user_id", "role")
    )


def refused_mail(organisation: Organisation) -> dict[UUID, str]:
    """Return, by account, what the mail server said of the newest reminder, where that is one that it refused."""
    rows = Reminder.objects.filter(organisation=organisation).exclude(sent_at=None, attempts=0)
    newest = rows.order_by("recipient_id", "-created_at", "-id").distinct("recipient_id")
    return {one.recipient_id: one.answer for one in newest if one.sent_at is None}


def devices_of_user(user: User) -> list[Device]:
    """Workstations enrolled with the card of this user, as far as the named organisations know the user."""
    indexes = set(Person.objects.filter(user=user).values_list("ssin_index", flat=True))
    return list(Device.objects.filter(ssin_index__in=indexes, revoked_at=None).order_by("-enrolled_at"))


def devices_of(organisation: Organisation) -> "QuerySet[Device]":
    """Workstations that reach the organisation: those enrolled with the cards of people who have not left."""
    cards = people_of(organisation).order_by().values("ssin_index")
    return Device.objects.filter(ssin_index__in=cards, revoked_at=None).order_by(
        "holder_name", "-enrolled_at"
    )


def events_page(organisation: Organisation, *, after: str | None = None, size: int = 50) -> Page[AuditEvent]:
    """Return the events of the record, newest first."""
    events = AuditEvent.objects.filter(organisation=organisation).defer("content", "leaf_hash")
    return page_of(events, by="happened_at", after=after, size=size, descending=True)


def events_about(subject_id: UUID) -> list[AuditEvent]:
    """Return what happened to one thing, oldest first."""
    events = AuditEvent.objects.filter(subject_id=subject_id).defer("content", "leaf_hash")
    return list(events.order_by("happened_at", "id"))
