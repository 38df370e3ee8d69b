"""Requests brought to a stage of their life against the sandbox, with a name and a key of their own."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa

from certificates.domain.lifecycle import RequestState
from certificates.models import CertificateRequest
from certificates.services.requests.work import work_on_request
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess


def tag() -> str:
    """Return an ApplicationId that no other test has."""
    return f"T{uuid4().hex[:12].upper()}"


def enrolled(holder: Holder) -> Holder:
    assert holder.enrol().status_code == 201
    return holder


def to_sign(hospital: Hospital, holder: Holder, **changes: Any) -> CertificateRequest:
    """A request whose contract waits for the holder's signature."""
    enrolled(holder)
    request = hospital.step(hospital.request(**({"application_id": tag()} | changes)))
    assert request.state == RequestState.AWAITING_SIGNATURE, request.problem
    return request


def signed(hospital: Hospital, holder: Holder, **changes: Any) -> CertificateRequest:
    """A request that is signed and due, with a fresh key: it may reach the sandbox."""
    request = to_sign(hospital, holder, **changes)
    job = holder.job(request.job.pk)
    answer = holder.send(job.id, holder.signed(job.request, rsa.generate_private_key(65537, 2048)))
    assert answer.status_code == 202, answer.content
    return hospital.reload(request)


def registered(hospital: Hospital, holder: Holder, **changes: Any) -> CertificateRequest:
    """A request that the government took."""
    request = hospital.step(signed(hospital, holder, **changes))
    assert request.state == RequestState.AWAITING_CERTIFICATE, request.problem
    return request


def when_due(
    hospital: Hospital, request: CertificateRequest, *, not_before: datetime | None = None
) -> CertificateRequest:
    """Let the worker come along once the row is due (or at `not_before`); return the row as it is then."""
    assert request.next_attempt_at is not None, f"nothing is due in {request.state}"
    now = max(request.next_attempt_at, not_before or request.next_attempt_at) + timedelta(seconds=1)
    work_on_request(request.organisation_id, request.pk, now=now)
    return hospital.reload(request)


def fault(government: SandboxProcess, kind: str, operation: str, times: int | None = 1) -> None:
    body = {"kind": kind, "operation": operation} | ({"times": times} if times else {})
    government.control_post("/control/faults", body)


def times_sent(government: SandboxProcess, request: CertificateRequest) -> int:
    """Return how often the sandbox got this request's signed bytes."""
    marker = f"OU={request.application_id},".encode()
    return sum(
        line["operation"] == "GenerateCertificate" and marker in base64.b64decode(line["body"])
        for line in government.control_get("/control/received")
    )


def times_taken(government: SandboxProcess, request: CertificateRequest) -> int:
    """Return how many requests for this key stand in the sandbox's register."""
    lines = government.control_get("/control/requests")
    return sum(line["pki"] == request.public_key_identifier for line in lines)


def actions(hospital: Hospital, request: CertificateRequest) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(subject_id=request.pk).order_by("happened_at")
        return list(events.values_list("action", flat=True))


def now() -> datetime:
    return datetime.now(UTC)
