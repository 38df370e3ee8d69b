"""The job of a revocation: its document, and its outcome."""

from datetime import datetime

from agent.wire.jobs import Identifier, Organisation, RevocationJob
from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import RevocationState
from certificates.domain.x509 import read_certificate
from certificates.models import AgentJob
from certificates.services.requests.job import Outcome, problem_for_people
from certificates.services.revocations.accept import revocation_of
from certificates.services.revocations.contract import content_of
from certificates.services.signing.agent_jobs import facts_of, origin, see

OUTCOMES = {
    RevocationState.AWAITING_SIGNATURE: "offered",
    RevocationState.SIGNED: "submitting",
    RevocationState.SUBMITTING: "submitting",
    RevocationState.OUTCOME_UNKNOWN: "outcome_unknown",
    RevocationState.AWAITING_EVIDENCE: "waiting",
    RevocationState.COMPLETED: "completed",
    RevocationState.REJECTED: "rejected",
    RevocationState.DECLINED: "declined",
    RevocationState.CANCELLED: "cancelled",
    RevocationState.GAVE_UP: "gave_up",
}


def revocation_job_document(job: AgentJob, *, now: datetime) -> RevocationJob:
    """Return the job document. Raises JobClosed when it may no longer be signed."""
    see(job, now=now)
    revocation = revocation_of(job)
    certificate = revocation.certificate
    facts = read_certificate(certificate.der)
    return RevocationJob(
        id=job.pk,
        server=origin(),
        expires_at=job.expires_at,
        organisation=Organisation(
            name=job.organisation.name, identifier=Identifier(facts.identifier_type, facts.identifier_value)
        ),
        environment="acceptance" if certificate.environment == Environment.ACCEPTANCE else "production",
        requested_by=revocation.requested_by.full_name,
        requested_at=revocation.requested_at,
        reason="",
        certificate=facts_of(certificate),
        request=content_of(revocation),
        comment=revocation.comment,
    )


def revocation_outcome(job: AgentJob) -> Outcome:
    """Return where the signed revocation stands, with the certificate that ends."""
    revocation = revocation_of(job)
    return Outcome(
        OUTCOMES[RevocationState(revocation.state)],
        certificates=(revocation.certificate.der,),
        problem=problem_for_people(revocation),
    )
