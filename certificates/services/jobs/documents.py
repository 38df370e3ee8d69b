"""The document of a job, whatever its kind: what the agent shows, does and signs."""

from datetime import datetime

from agent.wire.jobs import Job
from certificates.models import AgentJob
from certificates.models.job import JobKind
from certificates.services.records import ask as ask_records
from certificates.services.requests import job as request_job
from certificates.services.revocations import job as revocation_job
from certificates.services.tokens import job as token_job


def job_document(job: AgentJob, *, now: datetime) -> Job:
    """Return the job document. Raises JobClosed when it may no longer be done."""
    match JobKind(job.kind):
        case JobKind.MAKE_TOKEN | JobKind.ACTIVATE_TOKEN | JobKind.CHECK_TOKEN:
            return token_job.token_job_document(job, now=now)
        case JobKind.READ_RECORDS:
            return ask_records.records_job_document(job, now=now)
        case JobKind.REVOKE_CERTIFICATE:
            return revocation_job.revocation_job_document(job, now=now)
        case _:
            return request_job.request_job_document(job, now=now)
