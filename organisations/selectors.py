"""Questions about organisations that pages and API ask; all of them see only named organisations."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Max, QuerySet

from organisations.keyset import Page, page_of
from organisations.models import (
    AuditEvent,
    Device,
    DeviceLink,
    Invitation,
    Mandate,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
    Reminder,
    ReturnedMail,
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


def invitations_of(organisation: Organisation) -> "QuerySet[Invitation]":
    """Invitations that were not answered, also those whose time has passed: they can be sent again."""
    return Invitation.objects.filter(organisation=organisation, ended_at=None).order_by("full_name", "pk")


def refused_mail(organisation: Organisation) -> dict[UUID, str]:
    """Return, by account, what the mail server said of the newest reminder, where that is one that it refused."""
    rows = Reminder.objects.filter(organisation=organisation).exclude(sent_at=None, attempts=0)
    newest = rows.order_by("recipient_id", "-created_at", "-id").distinct("recipient_id")
    return {one.recipient_id: one.answer for one in newest if one.recipient_id and one.sent_at is None}


def own_links(user: User) -> list[DeviceLink]:
    """The open links of the user's own workstations, the latest enrolled first, whatever organisation is named.

    Own is a workstation whose holder agreed there that the account is the own one: an organisation that links an
    account of its own with the number of somebody else makes no workstation its own.
    """
    rows = DeviceLink.objects.filter(account=user, ended_at=None, device__revoked_at=None)
    return list(rows.select_related("device").order_by("-device__enrolled_at", "agreed_at"))


def letters_about(subject_id: UUID) -> list[Reminder]:
    """The newest letter to each reader about one thing, sent or not, with its reader."""
    rows = Reminder.objects.filter(subject_id=subject_id).select_related("recipient", "correspondent")
    return list(
        rows.order_by("recipient_id", "correspondent_id", "-created_at", "-id").distinct(
            "recipient_id", "correspondent_id"
        )
    )


def returned_mail(organisation: Organisation, users: Iterable[User]) -> dict[UUID, ReturnedMail]:
    """Return, by account, the mail that came back from its address after the newest reminder was sent there."""
    sent = dict(
        Reminder.objects.filter(organisation=organisation)
        .exclude(sent_at=None)
        .order_by()
        .values_list("recipient_id")
        .annotate(last=Max("sent_at"))
    )
    back = came_back(user.email for user in users)
    found = {user.pk: back[user.email.lower()] for user in users if user.email.lower() in back}
    return {key: one for key, one in found.items() if key not in sent or one.returned_at >= sent[key]}


def came_back(addresses: Iterable[str]) -> dict[str, ReturnedMail]:
    """Return the newest mail that came back from each of `addresses`, by the address in lower case; one query."""
    return ReturnedMail.objects.in_bulk({address.lower() for address in addresses})


def devices_of_user(user: User) -> list[Device]:
    """The user's own workstations, the latest first."""
    return list(dict.fromkeys(link.device for link in own_links(user)))


def works_for(user: User, organisation: Organisation) -> bool:
    """Tell whether one of the user's own workstations works for the organisation."""
    return any(link.organisation_id == organisation.pk for link in own_links(user))


def person_of(user: User, organisation: Organisation) -> Person | None:
    """Return the person of an organisation whose account is the user's; None where it says there is none."""
    return Person.objects.filter(user=user, organisation=organisation, left_on=None).first()


def devices_of(organisation: Organisation) -> "QuerySet[Device]":
    """Workstations that work for the organisation, as their holders agreed, who have not left."""
    links = DeviceLink.objects.filter(organisation=organisation, ended_at=None).order_by()
    cards = people_of(organisation).order_by().values("ssin_index")
    rows = Device.objects.filter(pk__in=links.values("device"), ssin_index__in=cards, revoked_at=None)
    return rows.order_by("holder_name", "-enrolled_at")


def link_of(device_id: UUID, organisation: Organisation) -> DeviceLink | None:
    """Return the open link of a workstation with the organisation; None where there is none."""
    return (
        DeviceLink.objects.filter(device=device_id, organisation=organisation, ended_at=None)
        .select_related("device")
        .first()
    )


def events_page(organisation: Organisation, *, after: str | None = None, size: int = 50) -> Page[AuditEvent]:
    """Return the events of the record, newest first."""
    events = AuditEvent.objects.filter(organisation=organisation).defer("content", "leaf_hash")
    return page_of(events, by="happened_at", after=after, size=size, descending=True)


def events_about(subject_id: UUID) -> list[AuditEvent]:
    """Return what happened to one thing, oldest first."""
    events = AuditEvent.objects.filter(subject_id=subject_id).defer("content", "leaf_hash")
    return list(events.order_by("happened_at", "id"))
