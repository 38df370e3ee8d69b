"""Taking the signed revocation of a workstation: everything that the agent showed and did is checked again here."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from agent.wire.errors import WireError
from agent.wire.xml.revoke import read_revoke
from agent.wire.xml.signature import VerifiedRequest
from certificates.errors.signing import ContractAltered, JobUnknown, MandateEnded, SignedRequestRefused
from certificates.models import AgentJob, Revocation
from certificates.selectors.revocations import revokers_of
from certificates.services.revocations.contract import content_of
from certificates.services.signing.card_signature import (
    check_offered,
    check_signer,
    take_signed,
    verify_signed,
)
from organisations.models import Device


@dataclass(frozen=True)
class CheckedRevocation:
    """Bytes that hold what was offered, signed by a card whose path and revocation are still to be asked."""

    data: bytes
    public_key_identifier: str
    verified: VerifiedRequest


def revocation_of(job: AgentJob) -> Revocation:
    """Return the revocation of a job. Raises JobUnknown for a job about something else."""
    if job.revocation is None:
        raise JobUnknown
    return job.revocation


def check_signed_revocation(job: AgentJob, data: bytes) -> CheckedRevocation:
    """Check form, schema, signature, content and signer of `data`; no network.

    Raises SignedRequestRefused (its subclasses say why), SignatureInvalid, JobClosed.
    """
    revocation = revocation_of(job)
    check_offered(job, revocation)
    verified = verify_signed(data, "RevokeRequest")
    try:
        facts = read_revoke(data)
    except WireError as error:
        raise SignedRequestRefused from error
    offered = content_of(revocation)
    if facts.content != offered:
        raise ContractAltered
    check_signer(job.holder, verified)
    return CheckedRevocation(data, offered.public_key_identifier, verified)


@transaction.atomic
def accept_signed_revocation(
    job: AgentJob, checked: CheckedRevocation, device: Device, *, now: datetime
) -> None:
    """Persist the signed bytes and hand the revocation to the sending. Raises MandateEnded, JobClosed."""
    revocation = revocation_of(job)
    if not revokers_of(revocation.certificate, now).filter(pk=job.holder_id).exists():
        raise MandateEnded
    details: dict[str, object] = {
        "public_key_identifier": checked.public_key_identifier,
        "algorithm": checked.verified.algorithm,
    }
    take_signed(
        job,
        revocation,
        checked.data,
        device,
        card=checked.verified.certificate,
        details=details,
        now=now,
    )
