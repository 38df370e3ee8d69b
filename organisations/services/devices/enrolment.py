"""Enrolling workstations: a device key vouched for by the Authentication key of an identity card."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.db import transaction

from agent.wire.encoding import to_base64url
from agent.wire.errors import SignatureInvalid as WireSignatureInvalid
from agent.wire.limits import ENROLMENT_SECONDS
from agent.wire.link.enrolment import enrolment_message, verify_enrolment_signature
from agent.wire.link.proofs import Jwk, thumbprint, thumbprint_bytes
from agent.wire.pki.unreadable import UNREADABLE
from organisations import ssin as numbers
from organisations.domain import identifiers
from organisations.errors import (
    CardRefused,
    EnrolmentExpired,
    EnrolmentUnknown,
    HolderUnknown,
    SignatureInvalid,
)
from organisations.models import Device, Enrolment
from organisations.services.devices.links import end_links_of_former_holder
from organisations.tenancy import organisations_of_card

ENROLMENT_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
"""128 random bits in base64url."""


@dataclass(frozen=True)
class CardHolder:
    """The person of an identity card, names exactly as on it."""

    ssin: str
    first_names: tuple[str, ...]
    name: str
    ends_at: datetime | None = None
    """When the card's certificate ends."""


def card_holder(certificate: x509.Certificate) -> CardHolder:
    """Read the holder from a card's certificate (subject serialNumber, GN, SN). Raises CardRefused."""

    def only(oid: x509.ObjectIdentifier) -> str:
        found = certificate.subject.get_attributes_for_oid(oid)
        return str(found[0].value).strip() if len(found) == 1 else ""

    try:
        number, surname, given = only(NameOID.SERIAL_NUMBER), only(NameOID.SURNAME), only(NameOID.GIVEN_NAME)
    except UNREADABLE as error:  # a name that the library took and cannot read
        raise CardRefused from error
    if not identifiers.check("SSIN", number).acceptable or not surname:
        raise CardRefused
    return CardHolder(number, tuple(given.split()), surname, certificate.not_valid_after_utc)


def start_enrolment(jwk: Jwk, *, now: datetime) -> Enrolment:
    """Hand out a nonce for this device key: single use, five minutes."""
    return Enrolment.objects.create(
        id=to_base64url(secrets.token_bytes(16)),
        thumbprint=thumbprint(jwk),
        nonce=secrets.token_bytes(32),
        expires_at=now + timedelta(seconds=ENROLMENT_SECONDS),
    )


def open_enrolment(enrolment_id: str, jwk: Jwk, *, now: datetime) -> Enrolment:
    """Return the enrolment of this device key, its nonce not used up. Raises EnrolmentUnknown, EnrolmentExpired."""
    if not ENROLMENT_ID.match(enrolment_id):
        raise EnrolmentUnknown
    enrolment = Enrolment.objects.filter(pk=enrolment_id, thumbprint=thumbprint(jwk), used_at=None).first()
    if enrolment is None:
        raise EnrolmentUnknown
    if enrolment.expires_at < now:
        use_up(enrolment, now=now)
        raise EnrolmentExpired
    return enrolment


def use_up(enrolment: Enrolment, *, now: datetime) -> None:
    """Use up the nonce, before anything comes of it. Raises EnrolmentUnknown when another call was first."""
    if not Enrolment.objects.filter(pk=enrolment.pk, used_at=None).update(used_at=now):
        raise EnrolmentUnknown


def check_card_signature(
    enrolment: Enrolment,
    jwk: Jwk,
    certificate: x509.Certificate,
    signature: bytes,
    algorithm: str,
    *,
    origin: str,
) -> None:
    """Check that the card signed for this origin, nonce and device key. Raises SignatureInvalid."""
    message = enrolment_message(origin, bytes(enrolment.nonce), thumbprint_bytes(jwk))
    try:
        verify_enrolment_signature(certificate, message, signature, algorithm)
    except WireSignatureInvalid as error:
        raise SignatureInvalid from error


def enrol_device(holder: CardHolder, jwk: Jwk, label: str, *, now: datetime) -> Device:
    """Register the device for `holder`, whose card has been checked. It works for nobody before the holder agrees.

    A device key that was enrolled before goes to its new holder, without what the former one agreed to. Raises
    HolderUnknown when no organisation knows the holder.
    """
    with transaction.atomic():
        index = numbers.index_to_write(holder.ssin)
        if not organisations_of_card(index):
            raise HolderUnknown
        key = thumbprint(jwk)
        former = Device.objects.select_for_update().filter(thumbprint=key).exclude(ssin_index=index).first()
        if former is not None:
            end_links_of_former_holder(former, now=now)
        device, _created = Device.objects.update_or_create(
            thumbprint=key,
            defaults={
                "public_jwk": jwk,
                "label": label[:100] or "workstation",
                "ssin_index": index,
                "holder_first_names": list(holder.first_names),
                "holder_name": holder.name,
                "card_ends_at": holder.ends_at,
                "enrolled_at": now,
                "last_seen_at": now,
                "revoked_at": None,
            },
        )
        return device
