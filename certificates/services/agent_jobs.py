"""Jobs as the agent sees them: its list, the document, the outcome, declining, confirming."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from agent.wire.enrolment import normalise_origin
from agent.wire.jobs import JOB_ID, CertificateJob, Identifier, Organisation
from certificates.domain.lifecycle import Environment, RequestState
from certificates.errors import CertificateMismatch, JobClosed, JobUnknown
from certificates.models import AgentJob, CertificateRequest
from certificates.models.job import JobState
from certificates.services.accept_signed_request import content_of
from certificates.services.transition import Overtaken, move
from certificates.trust.anchors import certificate_anchors, is_root
from organisations.models import Device
from organisations.services.audit import Actor, record

RELATED = ("organisation", "holder", "request__identifier__organisation", "request__holder", "request__requested_by",
           "request__certificate", "request__organisation")  # fmt: skip

OUTCOMES = {
    RequestState.AWAITING_SIGNATURE: "offered",
    RequestState.SIGNED: "submitting",
    RequestState.SUBMITTING: "submitting",
    RequestState.OUTCOME_UNKNOWN: "outcome_unknown",
    RequestState.AWAITING_CERTIFICATE: "waiting",
    RequestState.ISSUED: "issued",
    RequestState.COMPLETED: "completed",
    RequestState.REJECTED: "rejected",
    RequestState.DECLINED: "declined",
    RequestState.CANCELLED: "cancelled",
    RequestState.GAVE_UP: "gave_up",
}


def find_job(job_id: str, device: Device) -> AgentJob:
    """Return the job if it is for the holder of this device. Raises JobUnknown for any other id."""
    rows = AgentJob.objects.select_related(*RELATED).filter(holder__ssin_index=device.ssin_index)
    job = rows.filter(pk=job_id).first() if JOB_ID.match(job_id) else None
    if job is None:
        raise JobUnknown
    return job


def open_jobs(device: Device, *, now: datetime) -> list[AgentJob]:
    """Return what the holder of this device is asked to sign, the oldest first."""
    jobs = AgentJob.objects.select_related(*RELATED).filter(
        holder__ssin_index=device.ssin_index, state=JobState.OFFERED, expires_at__gt=now
    )
    return list(jobs.order_by("created_at", "id"))


def origin() -> str:
    """Return this server's origin, as agents pin it."""
    return normalise_origin(settings.ORIGIN)


def document_of(job: AgentJob, *, now: datetime) -> CertificateJob:
    """Return the job document. Raises JobClosed when it may no longer be signed."""
    if job.state != JobState.OFFERED or job.expires_at <= now:
        raise JobClosed
    request = job.request
    if job.seen_at is None:
        AgentJob.objects.filter(pk=job.pk, seen_at=None).update(seen_at=now)
    return CertificateJob(
        id=job.pk,
        server=origin(),
        expires_at=job.expires_at,
        organisation=Organisation(
            name=job.organisation.name,
            identifier=Identifier(request.identifier.type, request.identifier.value),
        ),
        environment="acceptance" if request.environment == Environment.ACCEPTANCE else "production",
        requested_by=request.requested_by.full_name,
        requested_at=request.requested_at,
        reason=request.reason,
        request=content_of(request),
    )


@dataclass(frozen=True)
class Outcome:
    """What became of a signed job; `certificates` and `trust_anchors` are DER."""

    state: str
    certificates: tuple[bytes, ...] = ()
    trust_anchors: tuple[bytes, ...] = ()
    problem: dict[str, Any] | None = None


def problem_for_people(request: CertificateRequest) -> dict[str, Any] | None:
    """Return the last problem with a sentence in the active language, and the raw answer beside it."""
    problem: dict[str, Any] | None = request.problem
    if problem is None:
        return None
    titles = {
        "transient": _(
            "The government's service cannot be reached right now. We keep trying; nothing is lost."
        ),
        "rejected": _("The government refused this request."),
        "outcome_unknown": _(
            "It is not certain yet whether the government received the request. We are asking."
        ),
        "delivery": _(
            "The government delivered a certificate that does not belong to this request. We keep asking."
        ),
    }
    answers = problem.get("answers") or [
        {"code": "", "message": problem.get("summary", ""), "parameters": []}
    ]
    first = answers[0]
    return {
        "code": first["code"] or problem["kind"],
        "title": titles.get(problem["kind"], _("Something unexpected was answered.")),
        "detail": first["message"],
        "raw": {"code": first["code"], "message": first["message"], "parameters": first["parameters"]},
    }


def outcome_of(job: AgentJob) -> Outcome:
    """Return where the signed request stands, with the certificate once it is there."""
    request = job.request
    state = OUTCOMES[RequestState(request.state)]
    problem = problem_for_people(request)
    if request.certificate is None:
        return Outcome(state, problem=problem)
    chain = [base64.b64decode(der) for der in request.certificate.chain]
    anchors = certificate_anchors(Environment(request.environment))
    return Outcome(
        state,
        certificates=(request.certificate.der, *chain),
        trust_anchors=tuple(anchor for anchor in anchors if is_root(anchor)),
        problem=problem,
    )


@transaction.atomic
def decline_job(job: AgentJob, device: Device, *, reason: str, now: datetime) -> None:
    """The holder refuses to sign. Raises JobClosed when it was signed or is over."""
    if job.state == JobState.CLOSED and job.request.state == RequestState.DECLINED:
        return
    if RequestState(job.request.state) is not RequestState.AWAITING_SIGNATURE:
        raise JobClosed
    try:
        move(
            job.request,
            RequestState.DECLINED,
            actor=Actor.device(device),
            now=now,
            details={"reason": reason[:500]},
        )
    except Overtaken as error:
        raise JobClosed from error
    if not AgentJob.objects.filter(pk=job.pk, state=JobState.OFFERED).update(
        state=JobState.CLOSED, device_id=device.pk
    ):
        raise JobClosed


@transaction.atomic
def confirm_stored(
    job: AgentJob, device: Device, *, fingerprint: str, key_store_format: str, now: datetime
) -> None:
    """The workstation says that the key store holds key and certificate. Raises CertificateMismatch, JobClosed."""
    request = job.request
    if request.certificate is None or RequestState(request.state) not in {
        RequestState.ISSUED,
        RequestState.COMPLETED,
    }:
        raise JobClosed
    if request.certificate.fingerprint != fingerprint.lower():
        raise CertificateMismatch
    if RequestState(request.state) is RequestState.COMPLETED:
        return
    try:
        move(
            request,
            RequestState.COMPLETED,
            actor=Actor.device(device),
            now=now,
            details={"fingerprint": fingerprint.lower(), "format": key_store_format, "device": device.label},
        )
    except Overtaken:
        return
    AgentJob.objects.filter(pk=job.pk).update(state=JobState.DONE)
    record(
        job.organisation_id,
        "key_store_confirmed",
        request.certificate,
        actor=Actor.device(device),
        now=now,
        device=device.label,
        format=key_store_format,
    )
