"""Signing, refusing and following a job, whichever kind of those that an identity card signs."""

from datetime import datetime

from certificates.models import AgentJob
from certificates.models.job import JobKind
from certificates.services.records import ask as ask_records
from certificates.services.requests import job as request_job
from certificates.services.requests.accept import CheckedRequest, accept_signed_request, check_signed_request
from certificates.services.requests.job import Outcome
from certificates.services.revocations import job as revocation_job
from certificates.services.revocations.accept import (
    CheckedRevocation,
    accept_signed_revocation,
    check_signed_revocation,
    revocation_of,
)
from certificates.services.signing.agent_jobs import request_of
from certificates.services.signing.cancel import decline as decline_work
from certificates.services.signing.card_signature import holds
from organisations.models import Device

Checked = CheckedRequest | CheckedRevocation


def is_revocation(job: AgentJob) -> bool:
    """Return whether the job ends a certificate."""
    return job.kind == JobKind.REVOKE_CERTIFICATE


def already_accepted(job: AgentJob, data: bytes) -> bool:
    """Return whether exactly these bytes were accepted before. Raises JobUnknown for a job that no card signs."""
    return holds(revocation_of(job) if is_revocation(job) else request_of(job), data)


def key_of(job: AgentJob) -> str | None:
    """Return the identifier of the key that a job is about, as far as it is known."""
    if is_revocation(job):
        return revocation_of(job).certificate.public_key_identifier
    return request_of(job).public_key_identifier


def check(job: AgentJob, data: bytes) -> Checked:
    """Check everything that needs no network. Raises as check_signed_request and check_signed_revocation do."""
    return check_signed_revocation(job, data) if is_revocation(job) else check_signed_request(job, data)


def accept(job: AgentJob, checked: Checked, device: Device, *, now: datetime) -> None:
    """Persist the signed bytes and hand them to the sending.

    Raises as accept_signed_request and accept_signed_revocation do.
    """
    if isinstance(checked, CheckedRevocation):
        accept_signed_revocation(job, checked, device, now=now)
    else:
        accept_signed_request(job, checked, device, now=now)


def decline(job: AgentJob, device: Device, *, reason: str, now: datetime) -> None:
    """Close the job because its holder refuses to sign. Raises JobClosed, JobUnknown."""
    if is_revocation(job):
        decline_work(revocation_of(job), job, device, reason=reason, now=now)
    elif job.kind == JobKind.READ_RECORDS:
        ask_records.decline_records(job, device, reason=reason, now=now)
    else:
        request_job.decline_job(job, device, reason=reason, now=now)


def job_outcome(job: AgentJob) -> Outcome:
    """Return where a signed job stands. Raises JobUnknown for a job that no card signs."""
    return revocation_job.revocation_outcome(job) if is_revocation(job) else request_job.request_outcome(job)
