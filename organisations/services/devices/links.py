"""For which organisations a workstation works: what waits for its holder's word, the word, and its end.

An organisation only says that it knows a holder. Until the holder has agreed at the workstation it sees nothing of it,
and nothing of it reaches the workstation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from agent.wire.errors import JobMalformed
from agent.wire.link.organisations import Agreement, AskingOrganisation, Organisations
from agent.wire.strict_json import is_xml_text
from organisations.domain.claims import Use
from organisations.errors import BodyMalformed, OrganisationChanged, OrganisationUnknown
from organisations.models import Device, DeviceLink, OrganisationIdentifier, Person, User
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for, organisations_of_device, organisations_of_holder


@dataclass(frozen=True)
class _Claim:
    """One organisation that says it knows the holder, and what stands between it and the workstation."""

    person: Person
    asks: AskingOrganisation
    open: DeviceLink | None
    shut: bool
    """It ended the link itself after the card was last used here: only the card opens it again."""

    @property
    def waits(self) -> bool:
        """True when the holder's word is still to come, or was about another account."""
        if self.open is None:
            return not self.shut
        return self.person.user_id is not None and self.open.account_id != self.person.user_id


def _claims(device: Device, organisations: Iterable[UUID]) -> list[_Claim]:
    """Read what each of `organisations` says of the holder; call with them named."""
    people = Person.objects.filter(
        organisation__in=list(organisations), ssin_index__in=device.holder_index, left_on=None
    ).select_related("organisation", "user")
    links: dict[UUID, DeviceLink] = {}
    shut: set[UUID] = set()
    for link in DeviceLink.objects.filter(device=device):
        if link.ended_at is None:
            links[link.organisation_id] = link
        elif link.ended_by_id is not None and link.ended_at >= device.enrolled_at:
            shut.add(link.organisation_id)
    numbers: dict[UUID, list[str]] = {}
    shown = OrganisationIdentifier.objects.that_may(Use.HOLDER).filter(organisation__in=list(organisations))
    for number in shown:
        numbers.setdefault(number.organisation_id, []).append(str(number))
    return [
        _Claim(
            person=person,
            asks=AskingOrganisation(
                id=str(person.organisation_id),
                name=_sendable(person.organisation.name),
                numbers=tuple(sorted(numbers.get(person.organisation_id, []))),
                account=person.user.email if person.user else "",
            ),
            open=links.get(person.organisation_id),
            shut=person.organisation_id in shut,
        )
        for person in sorted(people, key=lambda one: (one.organisation.name, str(one.organisation_id)))
    ]


def _sendable(name: str) -> str:
    """Return a name as a message can carry it: one odd name hides no other organisation from the holder."""
    return "".join(one if is_xml_text(one) else "\N{REPLACEMENT CHARACTER}" for one in name)


def organisations_for(device: Device) -> Organisations:
    """Return for whom the workstation works and who waits for its holder's word; names organisations itself."""
    known = organisations_of_holder(device.pk)
    with acting_for(known, as_platform=True):
        claims = _claims(device, known)
    return Organisations(
        agreed=tuple(one.asks for one in claims if one.open is not None),
        waiting=tuple(one.asks for one in claims if one.waits),
    )


def agree(device: Device, organisation_id: UUID, statement: bytes, proof: str, *, now: datetime) -> None:
    """Let the workstation work for an organisation, on the holder's signed statement; the same again does nothing.

    Call without a named organisation, after the proof over `statement` was verified. Raises BodyMalformed,
    OrganisationUnknown where it does not wait, OrganisationChanged where it is not any more as it was shown.
    """
    try:
        agreement = Agreement.from_bytes(statement)
    except JobMalformed as error:
        raise BodyMalformed from error
    if organisation_id not in organisations_of_holder(device.pk):
        raise OrganisationUnknown
    with acting_for([organisation_id], as_platform=True):
        # A withdrawal at the same time is waited for.
        alive = Device.objects.select_for_update().filter(pk=device.pk, revoked_at=None).first()
        claim = next(iter(_claims(device, [organisation_id])), None)
        if alive is None or claim is None:
            raise OrganisationUnknown
        if agreement.organisation != claim.asks:
            raise OrganisationChanged
        if not claim.waits:
            if claim.open is None:
                raise OrganisationUnknown
            return
        if claim.open is not None:
            DeviceLink.objects.filter(pk=claim.open.pk).update(ended_at=now)
        DeviceLink.objects.create(
            organisation_id=organisation_id,
            device=device,
            account=claim.person.user,
            agreed_at=now,
            statement=statement,
            proof=proof,
        )
        record(
            organisation_id,
            "device_linked",
            device,
            actor=Actor.device(device),
            now=now,
            label=device.label,
            person=str(claim.person),
        )


def end_at_workstation(device: Device, organisation_id: UUID, *, now: datetime) -> None:
    """Take the holder's word back, said at the workstation; raises OrganisationUnknown where it was not given."""
    if organisation_id not in organisations_of_device(device.pk):
        raise OrganisationUnknown
    with acting_for([organisation_id], as_platform=True):
        for link in DeviceLink.objects.filter(device=device, ended_at=None).select_related("device"):
            _end(link, by=None, actor=Actor.device(device), now=now)


@transaction.atomic
def end_link(link: DeviceLink, *, by: User | None, actor: Actor, now: datetime) -> bool:
    """End the link of one organisation, which no other notices; False when it was ended before.

    The workstation works for that organisation again only after it was enrolled anew with the card.
    """
    return _end(link, by=by, actor=actor, now=now)


def end_links_of(person: Person, *, actor: Actor, now: datetime) -> None:
    """End all links of a person's workstations with the organisation that the person leaves."""
    links = DeviceLink.objects.filter(
        organisation=person.organisation_id, device__ssin_index__in=person.number_index, ended_at=None
    )
    for link in links.select_related("device"):
        _end(link, by=None, actor=actor, now=now)


def _end(
    link: DeviceLink, *, by: User | None, actor: Actor, now: datetime, action: str = "device_unlinked"
) -> bool:
    rows = DeviceLink.objects.filter(pk=link.pk, ended_at=None)
    if not rows.update(ended_at=now, ended_by=by):
        return False
    person = Person.objects.filter(
        organisation=link.organisation_id, ssin_index__in=link.device.holder_index
    ).first()
    record(
        link.organisation_id,
        action,
        link.device,
        actor=actor,
        now=now,
        label=link.device.label,
        person=str(person) if person else None,
    )
    return True


@transaction.atomic
def withdraw_device(device: Device, *, by: User, actor: Actor, now: datetime) -> bool:
    """Withdraw a workstation by its holder: from now on none of its calls is accepted, for any organisation.

    Every organisation for which it worked finds in its record who did it. Returns False when it was withdrawn
    before. The holder may enrol again, with the card.
    """
    # A yes at the same time is waited for, and ended with the others.
    if Device.objects.select_for_update().filter(pk=device.pk, revoked_at=None).first() is None:
        return False
    organisations = organisations_of_device(device.pk)
    Device.objects.filter(pk=device.pk).update(revoked_at=now)
    device.revoked_at = now
    with acting_for(organisations, as_platform=True):
        for link in DeviceLink.objects.filter(device=device, ended_at=None).select_related("device"):
            _end(link, by=by, actor=actor, action="device_withdrawn", now=now)
    return True


def end_links_of_former_holder(device: Device, *, now: datetime) -> None:
    """End what the former holder of a device key agreed to, before the key goes to somebody else."""
    with acting_for(organisations_of_device(device.pk), as_platform=True):
        for link in DeviceLink.objects.filter(device=device, ended_at=None).select_related("device"):
            _end(link, by=None, actor=Actor.device(device), now=now)


def newest_device(person: Person) -> Device | None:
    """Return the latest enrolled workstation on which `person` works for the organisation; None where there is none.

    Its names are the card's. Call with the organisation named.
    """
    return (
        Device.objects.filter(
            links__organisation=person.organisation_id,
            links__ended_at=None,
            ssin_index__in=person.number_index,
            revoked_at=None,
        )
        .order_by("-enrolled_at")
        .first()
    )
