"""Bytes that an identity card signed: schema, signature, chain, signer, and whether the card may be trusted today."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from cryptography import x509

from agent.wire.errors import SignatureInvalid as WireSignatureInvalid
from agent.wire.errors import WireError
from agent.wire.limits import MAX_REQUEST_BYTES
from agent.wire.xml.signature import VerifiedRequest, verify_enveloped
from certificates.certra.requests import check_request
from certificates.domain.signing import SigningState
from certificates.errors.signing import JobClosed, RequestTooLarge, SignedRequestRefused, WrongSigner
from certificates.models import AgentJob, SignedWork
from certificates.models.card_check import Purpose
from certificates.models.job import JobState
from certificates.services.cards.ask import check_card
from certificates.services.signing.nudges import nudge
from certificates.services.signing.transition import Overtaken, move
from certificates.trust.paths import signed_by
from organisations.errors import CardRefused, SignatureInvalid
from organisations.models import Device, Person
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor
from organisations.services.devices.enrolment import card_holder


def verify_signed(data: bytes, name: str) -> VerifiedRequest:
    """Check that `data` is element `name`, valid under our schema, with a signature that holds; no network.

    Raises RequestTooLarge, SignedRequestRefused, SignatureInvalid. Whose signature it is remains to be asked.
    """
    if len(data) > MAX_REQUEST_BYTES:
        raise RequestTooLarge
    try:
        check_request(data, name)
        return verify_enveloped(data)
    except WireSignatureInvalid as error:
        raise SignatureInvalid from error
    except WireError as error:
        raise SignedRequestRefused from error


def check_signer(holder: Person, verified: VerifiedRequest) -> None:
    """Check that the card is `holder`'s and its certificates fit one another. Raises SignatureInvalid, WrongSigner.

    The certificate's own trust is asked next (check_signing_card).
    """
    _check_chain(verified.chain)
    try:
        signer = card_holder(verified.certificate)
    except CardRefused as error:
        raise WrongSigner from error
    if signer.ssin != holder.read_ssin():
        raise WrongSigner


def _check_chain(chain: Sequence[x509.Certificate]) -> None:
    """Check that the certificates beside the signature fit one another, up to a root: no signature covers them."""
    if not all(signed_by(certificate, issuer) for certificate, issuer in pairwise([*chain, chain[-1]])):
        raise SignatureInvalid


def check_signing_card(verified: VerifiedRequest, *, now: datetime) -> None:
    """Ask whether the signer's card may be trusted today: path here, revocation by a worker. Call outside transactions.

    Raises CardBeingAsked, NotASignatureCertificate, CardExpired, CardRevoked, CardStatusUnknown, CardRefused.
    """
    check_card(verified.certificate, verified.chain[1:], Purpose.SIGNATURE, now=now)


def check_offered(job: AgentJob, work: SignedWork) -> None:
    """Raise JobClosed unless `job` may be signed and `work` waits for that."""
    if job.state != JobState.OFFERED or work.state != SigningState.AWAITING_SIGNATURE:
        raise JobClosed


def holds(work: SignedWork, data: bytes) -> bool:
    """Return whether exactly these bytes were accepted before: the retry of a call whose answer was lost."""
    return work.sealed_signed_request is not None and unseal(work.sealed_signed_request) == data


def take_signed(
    job: AgentJob,
    work: SignedWork,
    data: bytes,
    device: Device,
    *,
    card: x509.Certificate,
    details: dict[str, object],
    now: datetime,
    **fields: Any,
) -> None:
    """Persist the signed bytes, with `fields`, and hand `work` to the sending; call in a transaction.

    Raises JobClosed when somebody was first. The work first, then its job: whoever cancels, declines or ends a job
    locks them in this order too.
    """
    try:
        move(
            work,
            SigningState.SIGNED,
            actor=Actor.device(device),
            now=now,
            details=details,
            sealed_signed_request=seal(data),
            next_attempt_at=now,
            **fields,
        )
    except Overtaken as error:
        raise JobClosed from error
    taken = AgentJob.objects.filter(pk=job.pk, state=JobState.OFFERED, expires_at__gt=now).update(
        state=JobState.SIGNED, device_id=device.pk
    )
    if not taken:
        raise JobClosed
    Device.objects.filter(pk=device.pk).update(card_ends_at=card.not_valid_after_utc)
    nudge(work)
