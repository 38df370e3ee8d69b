"""Taking the signed bytes of a workstation: everything that the agent showed and did is checked again here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from django.db import IntegrityError, transaction

from agent.wire.errors import CsrInvalid as WireCsrInvalid
from agent.wire.errors import SignatureInvalid as WireSignatureInvalid
from agent.wire.errors import WireError
from agent.wire.jobs import CertificateContent
from agent.wire.keys import CsrFacts, read_csr
from agent.wire.limits import MAX_REQUEST_BYTES
from agent.wire.names import same_name
from agent.wire.request_xml import read_generate_certificate
from agent.wire.signature import VerifiedRequest, verify_enveloped
from certificates.certra.requests import check_request
from certificates.domain.lifecycle import RequestState
from certificates.errors import (
    ContactDataAltered,
    ContractAltered,
    CsrInvalid,
    DnMismatch,
    JobClosed,
    KeyAlreadyUsed,
    MandateEnded,
    RequestTooLarge,
    SignedRequestRefused,
    WrongSigner,
)
from certificates.models import AgentJob, CertificateRequest
from certificates.models.job import JobState
from certificates.services.agent_jobs import request_of
from certificates.services.fetch_contract import contact_data_of, contract_of
from certificates.services.nudges import nudge
from certificates.services.transition import Overtaken, move
from certificates.trust.cards import check_signature_certificate
from certificates.trust.paths import signed_by
from organisations.domain.mandates import belgian_day
from organisations.errors import CardRefused, SignatureInvalid
from organisations.models import Device, Mandate
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor
from organisations.services.devices import card_holder


@dataclass(frozen=True)
class CheckedRequest:
    """Bytes that hold what was offered, signed by a card whose path and revocation are still to be asked."""

    data: bytes
    csr: CsrFacts
    verified: VerifiedRequest


def content_of(request: CertificateRequest) -> CertificateContent:
    """Return what the holder was offered to sign."""
    return CertificateContent(
        contact_data=contact_data_of(request),
        contract=contract_of(request),
        application_id=request.application_id or None,
        base_service_usages=tuple(request.base_service_usages),
    )


def already_accepted(job: AgentJob, data: bytes) -> bool:
    """True when exactly these bytes were accepted before: the retry of a call whose answer was lost."""
    sealed = request_of(job).sealed_signed_request
    return sealed is not None and unseal(sealed) == data


def check_signed_request(job: AgentJob, data: bytes) -> CheckedRequest:
    """Check form, schema, signature, content, key, name and signer of `data`; no network.

    Raises SignedRequestRefused (its subclasses say why), SignatureInvalid, JobClosed.
    """
    request = request_of(job)
    if job.state != JobState.OFFERED or request.state != RequestState.AWAITING_SIGNATURE:
        raise JobClosed
    if len(data) > MAX_REQUEST_BYTES:
        raise RequestTooLarge
    try:
        check_request(data)
        verified = verify_enveloped(data)
        facts = read_generate_certificate(data)
    except WireSignatureInvalid as error:
        raise SignatureInvalid from error
    except WireError as error:
        raise SignedRequestRefused from error
    offered = content_of(request)
    if facts.content.contract != offered.contract:
        raise ContractAltered
    if facts.content != offered:
        raise ContactDataAltered
    try:
        csr = read_csr(facts.csr_der)
    except WireCsrInvalid as error:
        raise CsrInvalid from error
    if not same_name(csr.dn, offered.contract.dn):
        raise DnMismatch
    _check_chain(verified.chain)
    _check_signer(job, verified)
    return CheckedRequest(data, csr, verified)


def _check_chain(chain: Sequence[x509.Certificate]) -> None:
    """The certificates beside the signature are not signed by it: they must fit one another, up to a root."""
    if not all(signed_by(certificate, issuer) for certificate, issuer in pairwise([*chain, chain[-1]])):
        raise SignatureInvalid


def _check_signer(job: AgentJob, verified: VerifiedRequest) -> None:
    """The card's number must be the holder's. The certificate's own trust is asked next."""
    try:
        signer = card_holder(verified.certificate)
    except CardRefused as error:
        raise WrongSigner from error
    if signer.ssin != job.holder.read_ssin():
        raise WrongSigner


def check_card(checked: CheckedRequest, *, now: datetime) -> None:
    """Ask path and revocation of the signer's certificate, over the network: call outside transactions.

    Raises NotASignatureCertificate, CardExpired, CardRevoked, CardStatusUnknown, CardRefused.
    """
    check_signature_certificate(checked.verified.certificate, checked.verified.chain[1:], now=now)


def _mandated(job: AgentJob, request: CertificateRequest, now: datetime) -> bool:
    mandates = Mandate.objects.filter(person_id=job.holder_id, identifier_id=request.identifier_id)
    return mandates.active_on(belgian_day(now)).exists()


@transaction.atomic
def accept_signed_request(job: AgentJob, checked: CheckedRequest, device: Device, *, now: datetime) -> None:
    """Persist the signed bytes and the key's identifier, and hand the request to the submission.

    Raises MandateEnded, KeyAlreadyUsed, JobClosed (somebody was first).
    """
    request = request_of(job)
    if job.holder.left_on is not None or not (request.personal or _mandated(job, request, now)):
        raise MandateEnded
    # The request first, then its job: whoever cancels, declines or ends a job locks them in this order too.
    try:
        with transaction.atomic():
            move(
                request,
                RequestState.SIGNED,
                actor=Actor.device(device),
                now=now,
                details={
                    "public_key_identifier": checked.csr.public_key_identifier,
                    "algorithm": checked.verified.algorithm,
                },
                sealed_signed_request=seal(checked.data),
                public_key_identifier=checked.csr.public_key_identifier,
                next_attempt_at=now,
            )
    except IntegrityError as error:
        raise KeyAlreadyUsed from error
    except Overtaken as error:
        raise JobClosed from error
    taken = AgentJob.objects.filter(pk=job.pk, state=JobState.OFFERED, expires_at__gt=now).update(
        state=JobState.SIGNED, device_id=device.pk
    )
    if not taken:
        raise JobClosed
    nudge(request)
