"""Registering the encryption token of a new certificate, step by step as the workstation goes.

The workstation signs each step with the certificate's own key; we check it, hand it on byte for byte and keep what
comes back. Both steps may be repeated: a second start gets a fresh challenge, and the same encryption certificate gets
the same token, so an answer that was lost costs nothing.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from django.db import transaction

from agent.wire.errors import WireError
from agent.wire.pki.certificates import read_certificate
from agent.wire.tokens.encryption_certificate import check_encryption_certificate
from agent.wire.xml.token import read_complete_registration
from certificates.certra.errors import CertraError, Rejected
from certificates.certra.facts import EtkStatus
from certificates.certra.gateway import TokenDepot, TokenGateway
from certificates.domain.tokens import TokenState
from certificates.errors.signing import GovernmentRefused, MandateEnded
from certificates.errors.tokens import TokenRefused, TokenUnknown
from certificates.models import AgentJob, Certificate, EncryptionToken
from certificates.models.job import JobKind, JobState
from certificates.services.signing.government_answer import refusal_of
from certificates.services.signing.own_signature import check_own_signature
from certificates.services.tokens.activate import people_for
from certificates.services.tokens.depot import judge_token, own_depot_token
from organisations.models import Device
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor, record
from organisations.services.work.deadlocks import write_down
from organisations.tenancy import acting_for


@dataclass(frozen=True)
class Registered:
    """What the workstation gets back: the ETK (DER) and whether it waits for its activation.

    `etk` is None for one that is only known to wait, because the answer that bore it got lost.
    """

    etk: bytes | None
    to_be_activated: bool


def start_token(
    certificate: Certificate, data: bytes, device: Device, authority: TokenGateway, *, now: datetime
) -> bytes:
    """Send the offer of the workstation's encryption key; return the challenge (288 bytes). Call outside transactions.

    Raises SignedRequestRefused and its kind (nothing was sent), MandateEnded, TokenRefused, GovernmentRefused,
    GovernmentUnavailable.
    """
    check_own_signature(certificate, data, "StartETKRegistrationRequest")
    write_down([certificate.organisation_id], lambda: _intend(certificate, device, now))
    try:
        return authority.start_token(data)
    except CertraError as error:
        raise refusal_of(error, now) from error


def _intend(certificate: Certificate, device: Device, now: datetime) -> None:
    if not people_for(certificate, now).filter(ssin_index__in=device.holder_index).exists():
        raise MandateEnded
    token, new = begun_token(certificate, device, now=now)
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


def begun_token(
    certificate: Certificate, device: Device | None, *, now: datetime
) -> tuple[EncryptionToken, bool]:
    """Return the certificate's token, begun here where there is none, and whether it was; `device` makes its key."""
    return EncryptionToken.objects.get_or_create(
        certificate=certificate,
        defaults={
            "organisation_id": certificate.organisation_id,
            "state": TokenState.STARTED,
            "state_since": now,
            "device_id": device.pk if device else None,
            "created_at": now,
        },
    )


def complete_token(
    certificate: Certificate,
    data: bytes,
    device: Device,
    authority: TokenGateway,
    depot: TokenDepot,
    *,
    now: datetime,
) -> Registered:
    """Send the encryption certificate; return the token, verified and kept. Call outside transactions.

    A token that is kept already is given again without asking: whether the government would is not known. Where the
    government refuses because it made the token before, in a call whose answer got lost, that one is taken over.

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
        made = _made_before(certificate, offered, depot, now=now) if isinstance(error, Rejected) else None
        if made is None:
            raise refusal_of(error, now) from error
    else:
        if judge_token(certificate, answer.etk, now=now).certificate != offered:
            raise TokenRefused
        made = Registered(answer.etk, answer.to_be_activated)
    write_down([certificate.organisation_id], lambda: _keep(certificate, offered, made, device, now))
    return made


def _kept(certificate: Certificate, offered: bytes, now: datetime) -> Registered | None:
    """Return the token that is kept, None while none is. Raises TokenUnknown, TokenRefused."""
    with acting_for([certificate.organisation_id], as_platform=True):
        token = EncryptionToken.objects.filter(certificate=certificate).first()
    if token is None:
        raise TokenUnknown
    if token.sealed_etk is None:
        return None
    etk = unseal(token.sealed_etk)
    if judge_token(certificate, etk, now=now).certificate != offered:
        raise TokenRefused
    return Registered(etk, token.to_be_activated)


def _made_before(
    certificate: Certificate, offered: bytes, depot: TokenDepot, *, now: datetime
) -> Registered | None:
    """Return what the government made of the certificate in a call whose answer got lost; None when nothing.

    The depot hands it out. While it waits for its activation the depot has the one before, but the government's own
    record of the certificate says that one waits (ask_own_record, which the workstation has done when it is refused):
    the token itself is then first seen once it is activated, and the self test judges it.

    Raises GovernmentUnavailable.
    """
    with suppress(GovernmentRefused):
        found = own_depot_token(certificate, depot, now=now)
        if found is not None and found.certificate == offered:
            return Registered(found.etk, to_be_activated=False)
    with acting_for([certificate.organisation_id], as_platform=True):
        told = Certificate.objects.values_list("government_token_status", flat=True).get(pk=certificate.pk)
    if told != EtkStatus.WAIT_FOR_ACTIVATION:
        return None
    try:
        check_encryption_certificate(offered, read_certificate(certificate.der))
    except (ValueError, WireError):
        return None
    return Registered(None, to_be_activated=True)


@transaction.atomic
def _keep(certificate: Certificate, offered: bytes, made: Registered, device: Device, now: datetime) -> None:
    """Write the token down once; a repeated answer finds it there."""
    changed = EncryptionToken.objects.filter(certificate=certificate, state=TokenState.STARTED).update(
        state=TokenState.WAITING if made.to_be_activated else TokenState.ACTIVE,
        state_since=now,
        serial=str(x509.load_der_x509_certificate(offered).serial_number),
        sealed_etk=seal(made.etk) if made.etk is not None else None,
        to_be_activated=made.to_be_activated,
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
            to_be_activated=made.to_be_activated,
        )


@transaction.atomic
def confirm_token_stored(certificate: Certificate, serial: str, device: Device, *, now: datetime) -> None:
    """Note that the key store holds the token's key, as the workstation says. Raises TokenUnknown for another token."""
    tokens = EncryptionToken.objects.filter(certificate=certificate, serial=serial).exclude(serial="")
    if not tokens.exists():
        raise TokenUnknown
    AgentJob.objects.filter(
        token__certificate=certificate, kind=JobKind.MAKE_TOKEN, state=JobState.OFFERED
    ).update(state=JobState.DONE, device_id=device.pk)
    if tokens.filter(stored_at=None).update(stored_at=now):
        record(
            certificate.organisation_id,
            "token_stored",
            certificate,
            actor=Actor.device(device),
            now=now,
            device=device.label,
        )
