"""The job of a certificate request: its document, its outcome, declining it, confirming the key store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agent.wire.jobs import CertificateJob, Identifier, Organisation
from agent.wire.software import kind_of
from certificates.domain.lifecycle import Environment, RequestState
from certificates.errors.inventory import CertificateMismatch
from certificates.errors.signing import JobClosed
from certificates.models import AgentJob, SignedWork
from certificates.models.job import JobState
from certificates.models.work import KEY_STORE_LOST, UNSIGNED
from certificates.services.requests.accept import content_of
from certificates.services.signing.agent_jobs import facts_of, origin, request_of, see
from certificates.services.signing.cancel import decline
from certificates.services.signing.transition import Overtaken, move
from certificates.trust.anchors import certificate_roots
from organisations.models import Device
from organisations.services.audit import Actor, record

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


def request_job_document(job: AgentJob, *, now: datetime) -> CertificateJob:
    """Return the job document. Raises JobClosed when it may no longer be signed."""
    see(job, now=now)
    request = request_of(job)
    return CertificateJob(
        id=job.pk,
        server=origin(),
        expires_at=job.expires_at,
        organisation=Organisation(
            name=job.organisation.name if request.identifier else request.subject_name,
            identifier=Identifier(request.identifier.type, request.identifier.value)
            if request.identifier
            else Identifier("SSIN", request.holder.read_ssin()),
        ),
        environment="acceptance" if request.environment == Environment.ACCEPTANCE else "production",
        requested_by=request.requested_by.full_name,
        requested_at=request.requested_at,
        reason=request.reason,
        request=content_of(request),
        replaces=facts_of(request.replaces) if request.replaces else None,
        token=True,
        store_format=kind_of(job.organisation.key_store_software).store_format,
    )


@dataclass(frozen=True)
class Outcome:
    """What became of a signed job; `certificates` and `trust_anchors` are DER."""

    state: str
    certificates: tuple[bytes, ...] = ()
    trust_anchors: tuple[bytes, ...] = ()
    problem: dict[str, Any] | None = None


def problem_for_people(work: SignedWork) -> dict[str, Any] | None:
    """Return the last problem with a sentence in the active language, and the raw answer beside it."""
    problem: dict[str, Any] | None = work.problem
    if problem is None:
        return None
    titles = {
        "transient": _(
            "The government's service cannot be reached right now. We keep trying; nothing is lost."
        ),
        "silent": _("The government's service cannot be reached right now. We keep trying; nothing is lost."),
        "rejected": _("The government refused this request."),
        "outcome_unknown": _(
            "It is not certain yet whether the government received the request. We are asking."
        ),
        "delivery": _(
            "The government delivered a certificate that does not belong to this request. We keep asking."
        ),
        KEY_STORE_LOST: _("The old key store or its password is lost."),
        UNSIGNED: _("Nobody signed in time."),
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


def request_outcome(job: AgentJob) -> Outcome:
    """Return where the signed request stands, with the certificate once it is there."""
    request = request_of(job)
    state = OUTCOMES[RequestState(request.state)]
    problem = problem_for_people(request)
    if request.certificate is None:
        return Outcome(state, problem=problem)
    chain = request.certificate.above
    return Outcome(
        state,
        certificates=(request.certificate.der, *chain),
        trust_anchors=certificate_roots(Environment(request.environment)),
        problem=problem,
    )


def decline_job(job: AgentJob, device: Device, *, reason: str, now: datetime) -> None:
    """Close the job because its holder refuses to sign; a reason that is a code stays as the request's problem.

    Raises JobClosed when it was signed or is over.
    """
    problem = (
        {"kind": KEY_STORE_LOST, "summary": "", "answers": [], "at": now.isoformat()}
        if reason == KEY_STORE_LOST
        else None
    )
    decline(request_of(job), job, device, reason=reason, now=now, problem=problem)


@transaction.atomic
def confirm_stored(
    job: AgentJob, device: Device, *, fingerprint: str, key_store_format: str, now: datetime
) -> None:
    """Complete the request: the key store holds key and certificate. Raises CertificateMismatch, JobClosed."""
    request = request_of(job)
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
