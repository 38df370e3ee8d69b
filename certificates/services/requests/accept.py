"""Taking the signed request of a workstation: everything that the agent showed and did is checked again here."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from agent.wire.errors import CsrInvalid as WireCsrInvalid
from agent.wire.errors import WireError
from agent.wire.jobs import CertificateContent
from agent.wire.pki.keys import CsrFacts, read_csr
from agent.wire.pki.names import same_name
from agent.wire.xml.request import read_generate_certificate
from agent.wire.xml.signature import VerifiedRequest
from certificates.errors.signing import (
    ContactDataAltered,
    ContractAltered,
    CsrInvalid,
    DnMismatch,
    KeyAlreadyUsed,
    MandateEnded,
    SignedRequestRefused,
)
from certificates.models import AgentJob, CertificateRequest
from certificates.services.requests.contract import contact_data_of, contract_of
from certificates.services.signing.agent_jobs import request_of
from certificates.services.signing.card_signature import (
    check_offered,
    check_signer,
    take_signed,
    verify_signed,
)
from organisations.domain.claims import Use
from organisations.domain.mandates import belgian_day
from organisations.errors import NumberNotProven
from organisations.models import Device, Mandate


@dataclass(frozen=True)
class CheckedRequest:
    """Bytes that hold what was offered, signed by a card whose path and revocation are still to be asked."""

    data: bytes
    csr: CsrFacts
    verified: VerifiedRequest

    @property
    def public_key_identifier(self) -> str:
        """Which key it is about."""
        return self.csr.public_key_identifier


def content_of(request: CertificateRequest) -> CertificateContent:
    """Return what the holder was offered to sign."""
    return CertificateContent(
        contact_data=contact_data_of(request),
        contract=contract_of(request),
        application_id=request.application_id or None,
        base_service_usages=tuple(request.base_service_usages),
    )


def check_signed_request(job: AgentJob, data: bytes) -> CheckedRequest:
    """Check form, schema, signature, content, key, name and signer of `data`; no network.

    Raises SignedRequestRefused (its subclasses say why), SignatureInvalid, JobClosed.
    """
    request = request_of(job)
    check_offered(job, request)
    verified = verify_signed(data, "GenerateCertificateRequest")
    try:
        facts = read_generate_certificate(data)
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
    check_signer(job.holder, verified)
    return CheckedRequest(data, csr, verified)


def _mandated(job: AgentJob, request: CertificateRequest, now: datetime) -> bool:
    mandates = Mandate.objects.filter(person_id=job.holder_id, identifier_id=request.identifier_id)
    return mandates.active_on(belgian_day(now)).exists()


@transaction.atomic
def accept_signed_request(job: AgentJob, checked: CheckedRequest, device: Device, *, now: datetime) -> None:
    """Persist the signed bytes and the key's identifier, and hand the request to the submission.

    Raises MandateEnded, NumberNotProven, KeyAlreadyUsed, JobClosed (somebody was first).
    """
    request = request_of(job)
    if job.holder.left_on is not None or not (request.personal or _mandated(job, request, now)):
        raise MandateEnded
    if request.identifier is not None and not request.identifier.may(Use.REQUEST):
        raise NumberNotProven
    key = checked.public_key_identifier
    try:
        with transaction.atomic():
            take_signed(
                job,
                request,
                checked.data,
                device,
                card=checked.verified.certificate,
                details={"public_key_identifier": key, "algorithm": checked.verified.algorithm},
                now=now,
                public_key_identifier=key,
            )
    except IntegrityError as error:
        raise KeyAlreadyUsed from error
