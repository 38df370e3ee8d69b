"""Registering the encryption token of a new certificate, step by step as the workstation goes.

The workstation signs each step with the certificate's own key; we check it, hand it on byte for byte and keep what
comes back. Both steps may be repeated: a second start gets a fresh challenge, and the same encryption certificate gets
the same token, so an answer that was lost costs nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction

from agent.wire.errors import WireError
from agent.wire.etk import EtkFacts, verify_etk
from agent.wire.token_xml import read_complete_registration
from certificates.certra.errors import CertraError
from certificates.certra.gateway import TokenGateway
from certificates.domain.lifecycle import Environment
from certificates.domain.tokens import TokenState
from certificates.errors import MandateEnded, TokenRefused, TokenUnknown
from certificates.models import Certificate, EncryptionToken
from certificates.services.activate_token import people_for
from certificates.services.government_answer import refusal_of
from certificates.services.own_signature import check_own_signature
from certificates.trust.anchors import certificate_roots
from organisations.models import Device
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for


@dataclass(frozen=True)
class Registered:
    """What the workstation gets back: the ETK (DER) and whether it waits for its activation."""

    etk: bytes
    to_be_activated: bool


def start_token(
    certificate: Certificate, data: bytes, device: Device, authority: TokenGateway, *, now: datetime
) -> bytes:
    """Offer the workstation's encryption key; returns the challenge (288 bytes). Call outside transactions.

    Raises SignedRequestRefused and its kind (nothing was sent), MandateEnded, TokenRefused, GovernmentRefused,
    GovernmentUnavailable.
    """
    check_own_signature(certificate, data, "StartETKRegistrationRequest")
    with acting_for([certificate.organisation_id]):
        _intend(certificate, device, now)
    try:
        return authority.start_token(data)
    except CertraError as error:
        raise refusal_of(error, now) from error


def _intend(certificate: Certificate, device: Device, now: datetime) -> None:
    if not people_for(certificate, now).filter(ssin_index=device.ssin_index).exists():
        raise MandateEnded
    token, new = EncryptionToken.objects.get_or_create(
        certificate=certificate,
        defaults={
            "organisation_id": certificate.organisation_id,
            "state": TokenState.STARTED,
            "state_since": now,
            "device_id": device.pk,
            "created_at": now,
        },
    )
    if new:
        record(
            certificate.organisation_id,
            "token_started",
            certificate,
            actor=Actor.device(device),
            now=now,
            device=device.label,
        )
    elif token.state != TokenState.STARTED:
        raise TokenRefused


def complete_token(
    certificate: Certificate, data: bytes, device: Device, authority: TokenGateway, *, now: datetime
) -> Registered:
    """Hand in the encryption certificate; returns the token, which was verified and kept. Call outside transactions.

    A token that is kept already is given again without asking: whether the government would is not known.

    Raises SignedRequestRefused and its kind, TokenUnknown (never started), GovernmentRefused, GovernmentUnavailable,
    TokenRefused (what came back is no good token for this certificate, or it has a token of another key).
    """
    check_own_signature(certificate, data, "CompleteETKRegistrationRequest")
    offered = read_complete_registration(data).certificate_der
    if (kept := _kept(certificate, offered, now)) is not None:
        return kept
    try:
        answer = authority.complete_token(data)
    except CertraError as error:
        if (kept := _kept(certificate, offered, now)) is not None:
            return kept  # a call beside this one was first
        raise refusal_of(error, now) from error
    facts = judge_token(certificate, answer.etk, now=now)
    if facts.certificate.public_bytes(Encoding.DER) != offered:
        raise TokenRefused
    with acting_for([certificate.organisation_id]):
        _keep(certificate, answer.etk, facts, answer.to_be_activated, device, now)
    return Registered(answer.etk, answer.to_be_activated)


def _kept(certificate: Certificate, offered: bytes, now: datetime) -> Registered | None:
    """The token that is kept, None while none is. Raises TokenUnknown, TokenRefused."""
    with acting_for([certificate.organisation_id]):
        token = EncryptionToken.objects.filter(certificate=certificate).first()
    if token is None:
        raise TokenUnknown
    if token.sealed_etk is None:
        return None
    etk = unseal(token.sealed_etk)
    if judge_token(certificate, etk, now=now).certificate.public_bytes(Encoding.DER) != offered:
        raise TokenRefused
    return Registered(etk, token.to_be_activated)


def judge_token(certificate: Certificate, etk: bytes, *, now: datetime) -> EtkFacts:
    """Verify structure, signer and certificate set of an ETK of this certificate. Raises TokenRefused."""
    own = x509.load_der_x509_certificate(certificate.der)
    roots = certificate_roots(Environment(certificate.environment))
    anchors = [x509.load_der_x509_certificate(root) for root in roots]
    try:
        return verify_etk(etk, authentication_certificate=own, anchors=anchors, now=now)
    except WireError as error:
        raise TokenRefused(reason=error.code) from error


@transaction.atomic
def _keep(
    certificate: Certificate,
    etk: bytes,
    facts: EtkFacts,
    to_be_activated: bool,
    device: Device,
    now: datetime,
) -> None:
    """Write the token down once; a repeated answer finds it there."""
    state = TokenState.WAITING if to_be_activated else TokenState.ACTIVE
    changed = EncryptionToken.objects.filter(certificate=certificate, state=TokenState.STARTED).update(
        state=state,
        state_since=now,
        serial=str(facts.serial),
        sealed_etk=seal(etk),
        to_be_activated=to_be_activated,
        device_id=device.pk,
    )
    if changed:
        record(
            certificate.organisation_id,
            "token_registered",
            certificate,
            actor=Actor.device(device),
            now=now,
            device=device.label,
            to_be_activated=to_be_activated,
        )


@transaction.atomic
def confirm_token_stored(certificate: Certificate, serial: str, device: Device, *, now: datetime) -> None:
    """The workstation says that the key store holds the token's key. Raises TokenUnknown for another token."""
    tokens = EncryptionToken.objects.filter(certificate=certificate, serial=serial).exclude(serial="")
    if not tokens.exists():
        raise TokenUnknown
    if tokens.filter(stored_at=None).update(stored_at=now):
        record(
            certificate.organisation_id,
            "token_stored",
            certificate,
            actor=Actor.device(device),
            now=now,
            device=device.label,
        )
