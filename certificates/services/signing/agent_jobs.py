"""Jobs as the agent sees them: who may see one, and what waits for whom. What each kind holds is its own module's."""

from datetime import datetime

from django.conf import settings

from agent.wire.jobs import JOB_ID, CertificateFacts
from agent.wire.origins import normalise_origin
from certificates.errors.signing import JobClosed, JobUnknown
from certificates.models import AgentJob, Certificate, CertificateRequest
from certificates.models.job import JobKind, JobState
from organisations.models import Device

RELATED = ("organisation", "holder", "request__identifier__organisation", "request__holder", "request__requested_by",
           "request__certificate", "request__organisation", "request__replaces", "token__certificate",
           "revocation__certificate", "revocation__requested_by", "inquiry__holder", "inquiry__requested_by",
           "inquiry__organisation")  # fmt: skip


def find_job(job_id: str, device: Device) -> AgentJob:
    """Return the job if it is for the holder of this device. Raises JobUnknown for any other id."""
    rows = AgentJob.objects.select_related(*RELATED).filter(holder__ssin_index__in=device.holder_index)
    job = rows.filter(pk=job_id).first() if JOB_ID.match(job_id) else None
    if job is None:
        raise JobUnknown
    return job


def open_jobs(device: Device, *, now: datetime) -> list[AgentJob]:
    """Return what the holder of this device is asked to sign, the oldest first."""
    jobs = AgentJob.objects.select_related(*RELATED).filter(
        holder__ssin_index__in=device.holder_index, state=JobState.OFFERED, expires_at__gt=now
    )
    return list(jobs.order_by("created_at", "id"))


def request_of(job: AgentJob) -> CertificateRequest:
    """Return the certificate request of a job. Raises JobUnknown for a job about something else."""
    if job.request is None:
        raise JobUnknown
    return job.request


def certificate_of(job: AgentJob, *kinds: JobKind) -> Certificate:
    """Return the certificate that a job of one of `kinds` is about; any kind where none is named.

    Raises JobClosed while its request has none, JobUnknown for a job of another kind or about something else.
    """
    if kinds and job.kind not in kinds:
        raise JobUnknown
    if job.token is not None:
        return job.token.certificate
    if job.revocation is not None:
        return job.revocation.certificate
    certificate = request_of(job).certificate
    if certificate is None:
        raise JobClosed
    return certificate


def facts_of(certificate: Certificate) -> CertificateFacts:
    """Return a certificate as jobs name it; a national number in its name is masked here already."""
    return CertificateFacts(
        fingerprint=certificate.fingerprint,
        public_key_identifier=certificate.public_key_identifier,
        common_name=certificate.common_name,
        not_after=certificate.not_after,
    )


def see(job: AgentJob, *, now: datetime) -> None:
    """Mark the job as fetched by the holder's agent. Raises JobClosed when it may no longer be signed."""
    if job.state != JobState.OFFERED or job.expires_at <= now:
        raise JobClosed
    if job.seen_at is None:
        AgentJob.objects.filter(pk=job.pk, seen_at=None).update(seen_at=now)


def origin() -> str:
    """Return this server's origin, as agents pin it."""
    return normalise_origin(settings.ORIGIN)
