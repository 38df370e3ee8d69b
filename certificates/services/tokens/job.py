"""The jobs on an encryption token: making it, activating it, and proving that it can be used."""

from datetime import datetime
from typing import Any

from agent.wire.jobs import (
    ActivateTokenJob,
    CheckTokenJob,
    Identifier,
    MakeTokenJob,
    Organisation,
    TokenFacts,
)
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import read_certificate
from certificates.errors.signing import JobUnknown
from certificates.models import AgentJob
from certificates.models.job import JobKind
from certificates.services.signing.agent_jobs import facts_of, origin, see


def token_job_document(job: AgentJob, *, now: datetime) -> MakeTokenJob | ActivateTokenJob | CheckTokenJob:
    """Return the job document. Raises JobClosed when it may no longer be done, JobUnknown for a job of another kind."""
    see(job, now=now)
    token = job.token
    if token is None:
        raise JobUnknown
    certificate = token.certificate
    facts = read_certificate(certificate.der)
    header: dict[str, Any] = {
        "id": job.pk,
        "server": origin(),
        "expires_at": job.expires_at,
        "organisation": Organisation(
            name=job.organisation.name, identifier=Identifier(facts.identifier_type, facts.identifier_value)
        ),
        "environment": "acceptance" if certificate.environment == Environment.ACCEPTANCE else "production",
        "requested_by": "ehportal",
        "requested_at": job.created_at,
        "reason": "",
        "certificate": facts_of(certificate),
    }
    if job.kind == JobKind.MAKE_TOKEN:
        return MakeTokenJob(**header)
    kind = ActivateTokenJob if job.kind == JobKind.ACTIVATE_TOKEN else CheckTokenJob
    return kind(**header, token=TokenFacts(int(token.serial), certificate.not_after))
