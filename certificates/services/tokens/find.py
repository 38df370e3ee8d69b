"""Tokens that were not made here: known from what the depot hands out, or made for a key store that exists already."""

from datetime import datetime

from django.db import transaction

from certificates.certra.gateway import TokenDepot
from certificates.domain.tokens import TokenState
from certificates.errors.signing import JobUnknown
from certificates.errors.tokens import TokenNotFound, TokenRefused
from certificates.models import AgentJob, Certificate, EncryptionToken
from certificates.models.job import JobKind
from certificates.services.tokens.activate import ask_for, note_active, people_for
from certificates.services.tokens.depot import JudgedToken, judge_token, own_depot_token
from certificates.services.tokens.register import begun_token
from organisations.models import Device, Person
from organisations.sealing import seal
from organisations.services.audit import Actor, record
from organisations.services.work.deadlocks import write_down


def find_token(certificate: Certificate, depot: TokenDepot, *, actor: Actor, now: datetime) -> None:
    """Ask the depot for the certificate's token and write down what was not known of it. Call outside transactions.

    Raises TokenNotFound when the depot has none, or another certificate's; GovernmentRefused, GovernmentUnavailable.
    """
    found = own_depot_token(certificate, depot, now=now)
    if found is None:
        raise TokenNotFound
    write_down([certificate.organisation_id], lambda: _take_over_found(certificate, found, actor, now))


def learn_from_depot(certificate: Certificate, etk: bytes, *, actor: Actor, now: datetime) -> None:
    """Write down what the depot's answer tells of this certificate's token; ignore another one's."""
    try:
        found = judge_token(certificate, etk, now=now)
    except TokenRefused:
        return
    write_down([certificate.organisation_id], lambda: _take_over_found(certificate, found, actor, now))


@transaction.atomic
def _take_over_found(certificate: Certificate, found: JudgedToken, actor: Actor, now: datetime) -> None:
    """Write down the depot's token: make its row, mark one that waited as active, or fill in bytes that got lost.

    Does nothing for a row of another serial number.
    """
    token, new = EncryptionToken.objects.get_or_create(
        certificate=certificate,
        defaults={
            "organisation_id": certificate.organisation_id,
            "state": TokenState.ACTIVE,
            "state_since": now,
            "serial": found.serial,
            "sealed_etk": seal(found.etk),
            "created_at": now,
        },
    )
    if new:
        record(
            certificate.organisation_id,
            "token_found",
            certificate,
            actor=actor,
            now=now,
            serial=found.serial,
        )
    elif token.serial == found.serial:
        if token.sealed_etk is None:
            EncryptionToken.objects.filter(pk=token.pk, sealed_etk=None).update(sealed_etk=seal(found.etk))
        note_active(certificate, actor=actor, now=now)


def can_have_token(certificate: Certificate, now: datetime) -> bool:
    """Return whether the government would take a token for it: a genuine eHealth certificate, valid today."""
    alive = certificate.not_before <= now < certificate.not_after
    return bool(certificate.identifier_type) and alive and certificate.is_genuine


@transaction.atomic
def ask_for_new_token(certificate: Certificate, *, holder: Person, actor: Actor, now: datetime) -> AgentJob:
    """Offer the making of a token for a key store that is there already; an open offer is found again.

    Raises TokenRefused when the certificate has a token or can have none, HolderWithoutMandate.
    """
    if not can_have_token(certificate, now):
        raise TokenRefused
    token, _ = begun_token(certificate, None, now=now)
    return ask_for(token, JobKind.MAKE_TOKEN, holder=holder, actor=actor, now=now)


def ask_at_workstation(certificate: Certificate, holder: Person, device: Device, now: datetime) -> AgentJob:
    """Offer the making of a token to the holder who asks at the workstation. Raises as `ask_for_new_token` does."""
    return ask_for_new_token(certificate, holder=holder, actor=Actor.device(device), now=now)


def held_certificate(fingerprint: str, device: Device, *, now: datetime) -> tuple[Certificate, Person]:
    """Return a certificate on which the holder of this workstation may act today, and who that is there.

    Call with organisations named. Raises JobUnknown.
    """
    for certificate in Certificate.objects.filter(fingerprint=fingerprint):
        holder = people_for(certificate, now).filter(ssin_index__in=device.holder_index).first()
        if holder is not None:
            return certificate, holder
    raise JobUnknown


def is_known(certificate: Certificate) -> bool:
    """Return whether a token of the certificate is known here. Call with organisations named."""
    return EncryptionToken.objects.filter(certificate=certificate).exclude(serial="").exists()
