"""Which part of the government's answer is this organisation's business, and nobody else's.

A person may hold mandates for several organisations, and the government tells of all of them at once. Here counts: a
number that is ours; a number that the government calls by our name or by the name of one of our numbers; and, when a
person who manages the organisation asked with the own card, every number that person may add. The rest, and the
person's own certificates, are forgotten unread.
"""

import unicodedata
from collections.abc import Iterable

from certificates.certra.facts import ActorQualities, AuthorisedOrganisation, CertificateInfo, EntityType
from certificates.models import RecordsInquiry
from organisations.domain.roles import Permission, Role, permissions_of
from organisations.models import Membership, OrganisationIdentifier

MAX_SERIAL_TOLD = 620
"""Digits of the longest serial number that is read (fields.py), in decimal."""

Number = tuple[str, str]
"""Type and value."""


def plain(name: str) -> str:
    """Fold a name for comparing: without case, diacritics and the spaces around words."""
    letters = unicodedata.normalize("NFD", name.casefold())
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())


def _names(one: AuthorisedOrganisation) -> set[str]:
    return {plain(name) for _language, name in one.name.values}


def holder_manages(inquiry: RecordsInquiry) -> bool:
    """Return whether the one who asked is the card's holder and may add numbers to the organisation."""
    if inquiry.holder.user_id is None or inquiry.holder.user_id != inquiry.requested_by_id:
        return False
    roles = Membership.objects.filter(
        organisation_id=inquiry.organisation_id, user_id=inquiry.requested_by_id
    ).values_list("role", flat=True)
    return Permission.MANAGE_ORGANISATION in permissions_of({Role(role) for role in roles})


def authorised_here(
    inquiry: RecordsInquiry, qualities: ActorQualities, own: Iterable[OrganisationIdentifier]
) -> list[AuthorisedOrganisation]:
    """Return the mandates that are this organisation's business."""
    ours = {(one.type, one.value) for one in own}
    known = {plain(inquiry.organisation.name)} | {
        plain(one.registered_name) for one in own if one.registered_name
    }
    for one in qualities.organisations:
        if (one.identifier.type, one.identifier.value) in ours:
            known |= _names(one)
    any_number = holder_manages(inquiry)
    return [
        one
        for one in qualities.organisations
        if one.identifier.type != "SSIN"
        and (any_number or (one.identifier.type, one.identifier.value) in ours or _names(one) & known)
    ]


def number_of(info: CertificateInfo) -> Number | None:
    """Return the organisation's number that a certificate bears; None for a person's own."""
    ids = info.entity.actor.ids
    if info.entity.entity_type is EntityType.NATURAL_PERSON or any(one.type == "SSIN" for one in ids):
        return None
    return (ids[0].type, ids[0].value) if ids else None


def infos_here(infos: Iterable[CertificateInfo], numbers: set[Number]) -> list[CertificateInfo]:
    """Return the certificates of these numbers, each once."""
    return list({key_of(info): info for info in infos if number_of(info) in numbers}.values())


def key_of(info: CertificateInfo) -> tuple[str, str]:
    """Return what tells certificates in the register apart: their key, and their serial where several share one."""
    return info.public_key_identifier.lower(), info.details.serial_number if info.details else ""


def serial_told(info: CertificateInfo) -> int | None:
    """Return the serial number that the register names; None where it writes none, or in a way of its own."""
    serial = info.details.serial_number if info.details else ""
    return int(serial) if serial.isascii() and serial.isdigit() and len(serial) <= MAX_SERIAL_TOLD else None
