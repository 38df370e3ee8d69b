"""From wish to stored certificate, server side, against the sandbox over HTTP."""

import base64
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates.domain.lifecycle import RequestState
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess


@pytest.mark.parametrize("algorithm", ["rsa", "p384"])
def test_a_request_ends_in_the_inventory(
    hospital: Hospital, government: SandboxProcess, algorithm: str
) -> None:
    holder = Holder(
        issue_identity(government.state, "85073003328", "An Marie", "Peeters", algorithm=algorithm)
    )
    assert holder.enrol().status_code == 201
    tag = f"T{uuid4().hex[:8].upper()}"
    request = hospital.request(application_id=tag)
    assert request.state == RequestState.AWAITING_CONTRACT
    request = hospital.step(request)
    assert request.state == RequestState.AWAITING_SIGNATURE, request.problem

    [line] = holder.jobs()
    job = holder.job(line["id"])
    assert job.request.contract.signer.first_names == ("An", "Marie")
    assert {text.lang for text in job.request.contract.texts} >= {"nl", "fr"}
    key = rsa.generate_private_key(65537, 2048)
    data = holder.signed(job.request, key)
    answer = holder.send(job.id, data)
    assert answer.status_code == 202, answer.content
    assert holder.send(job.id, data).json() == answer.json(), "the same bytes again get the same answer"

    request = hospital.step(request)
    assert request.state == RequestState.AWAITING_CERTIFICATE, request.problem
    assert request.automatically_validated is True
    request = hospital.step(request)
    assert request.state == RequestState.ISSUED, request.problem
    outcome = holder.outcome(job.id)
    leaf = x509.load_der_x509_certificate(base64.b64decode(outcome["certificates"][0]))
    assert leaf.public_key().public_numbers() == key.public_key().public_numbers()  # type: ignore[union-attr]
    assert request.certificate is not None
    fingerprint = request.certificate.fingerprint
    for _ in range(2):
        stored = holder.call(
            "POST", f"/agent/v1/jobs/{job.id}/stored", {"fingerprint": fingerprint, "format": "modern"}
        )
        assert stored.json() == {"state": "completed"}
    assert hospital.reload(request).state == RequestState.COMPLETED
    with acting_for([hospital.organisation.pk], as_platform=True):
        actions = list(
            AuditEvent.objects.filter(subject_id=request.pk)
            .order_by("happened_at")
            .values_list("action", flat=True)
        )
    assert actions == [
        "request_made",
        "request_awaiting_signature",
        "request_signed",
        "request_submitting",
        "request_awaiting_certificate",
        "request_issued",
        "request_completed",
    ]
