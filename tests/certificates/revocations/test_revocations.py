"""Revoking a certificate, server side, against the sandbox over HTTP: asked, signed, sent once, proven from outside."""

from datetime import date, datetime, timedelta

import pytest

from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.domain.tokens import TokenState
from certificates.domain.validity import RevocationStatus
from certificates.errors.requests import CannotCancel
from certificates.errors.revocations import CertificateNotRevocable, RevocationInProgress, RevocationRefused
from certificates.errors.tokens import TokenRefused
from certificates.models import AgentJob, Certificate, EncryptionToken, Revocation
from certificates.models.job import JobKind, JobState
from certificates.services.signing.cancel import cancel_request
from certificates.services.status.check import check_revocation
from certificates.services.tokens.activate import ask_for
from organisations.models import AuditEvent, Mandate
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.revocations.stages import (
    ask,
    messages,
    reload,
    signed,
    step,
    take_in,
    to_sign,
    when_due,
)
from tests.certificates.stages import enrolled, now
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import is_due

S = RevocationState


def actions(hospital: Hospital, subject: Revocation | Certificate) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(subject_id=subject.pk).order_by("happened_at", "id")
        return list(events.values_list("action", flat=True))


def problem(revocation: Revocation) -> dict[str, object]:
    assert revocation.problem is not None
    found: dict[str, object] = revocation.problem
    return found


@pytest.mark.parametrize("reason", list(RevocationReason))
def test_a_revocation_ends_with_outside_evidence(
    hospital: Hospital, holder: Holder, government: SandboxProcess, reason: RevocationReason
) -> None:
    revocation = to_sign(hospital, holder, government, reason=reason)
    assert is_due(revocation, revocation.organisation_id, now() + timedelta(days=31))
    [line] = holder.jobs()
    assert (line["kind"], line["id"]) == ("revoke-certificate", revocation.job.pk)
    job = holder.revocation_job(line["id"])
    assert job.request.contract.revocation_reason == reason.value
    assert job.comment == "De laptop werd gestolen"
    assert job.requested_by == "Els Wouters"
    assert job.certificate.fingerprint == revocation.certificate.fingerprint
    data = holder.signed_revocation(job.request)
    answer = holder.send(job.id, data)
    assert answer.status_code == 202, answer.content
    assert answer.json()["public_key_identifier"] == revocation.certificate.public_key_identifier
    assert holder.send(job.id, data).json() == answer.json(), "the same bytes again get the same answer"
    told = holder.outcome(job.id)
    assert (told["kind"], told["environment"]) == ("revoke-certificate", job.environment)

    revocation = step(hospital, revocation)
    assert revocation.state == S.AWAITING_EVIDENCE, revocation.problem
    assert holder.outcome(job.id)["state"] == "waiting"
    assert revocation.certificate.revocation_status == RevocationStatus.UNKNOWN, "our word is no evidence"
    revocation = when_due(hospital, revocation)
    assert revocation.state == S.COMPLETED
    evidence = revocation.evidence
    assert evidence is not None
    assert evidence["source"] == "ocsp"
    assert datetime.fromisoformat(evidence["revoked_at"]) <= now()
    assert datetime.fromisoformat(evidence["checked_at"]) > datetime.fromisoformat(evidence["revoked_at"])
    dead = revocation.certificate
    assert dead.revocation_status == RevocationStatus.REVOKED
    assert dead.revoked_at == datetime.fromisoformat(evidence["revoked_at"])
    assert holder.outcome(job.id)["state"] == "completed"
    assert messages(government, revocation) == ["success"]
    assert actions(hospital, revocation) == [
        "revocation_asked",
        "revocation_awaiting_signature",
        "revocation_signed",
        "revocation_submitting",
        "revocation_awaiting_evidence",
        "revocation_completed",
    ]
    assert actions(hospital, dead)[1:] == ["certificate_found_revoked"]


# --- asking


def test_one_revocation_a_certificate_at_a_time(hospital: Hospital, government: SandboxProcess) -> None:
    certificate = take_in(hospital.organisation, government)
    first = ask(hospital, certificate)
    assert first.state == S.AWAITING_DEVICE
    with pytest.raises(RevocationInProgress):
        ask(hospital, certificate)
    with acting_for([hospital.organisation.pk], as_platform=True):
        cancel_request(first, actor=Actor.user(hospital.administrator), now=now())
    assert ask(hospital, certificate).pk != first.pk


def test_a_dead_or_ended_certificate_is_not_revoked(hospital: Hospital, government: SandboxProcess) -> None:
    ended = take_in(hospital.organisation, government, age=timedelta(days=1200))
    with pytest.raises(CertificateNotRevocable):
        ask(hospital, ended)
    dead = take_in(hospital.organisation, government)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=dead.pk).update(revocation_status=RevocationStatus.REVOKED)
    with pytest.raises(CertificateNotRevocable):
        ask(hospital, dead)


def test_who_may_sign(hospital: Hospital, government: SandboxProcess) -> None:
    certificate = take_in(hospital.organisation, government)
    other = make_hospital(name="Clinique Saint-Roch", cbe="0809394427", ssin="93051822361")
    with pytest.raises(RevocationRefused) as refused:
        ask(hospital, certificate, holder_id=other.holder.pk)
    assert refused.value.extra == {"field": "holder_id"}
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(ends_on=date(2021, 1, 1))
    with pytest.raises(RevocationRefused) as refused:
        ask(hospital, certificate)
    assert refused.value.extra == {"field": "holder_id"}


@pytest.mark.parametrize("comment", ["x" * 501, "x\x00", "\x01"])
def test_comments_that_cannot_be_kept(hospital: Hospital, government: SandboxProcess, comment: str) -> None:
    with pytest.raises(RevocationRefused) as refused:
        ask(hospital, take_in(hospital.organisation, government), comment=comment)
    assert refused.value.extra == {"field": "comment"}


def test_a_number_in_the_comment_is_masked(hospital: Hospital, government: SandboxProcess) -> None:
    certificate = take_in(hospital.organisation, government)
    revocation = ask(hospital, certificate, comment=" Laptop van 85.07.30-033.28 gestolen ")
    assert revocation.comment == "Laptop van ••.••.••-•••.28 gestolen"


def test_it_waits_for_the_workstation_and_goes_on_at_enrolment(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = ask(hospital, take_in(hospital.organisation, government))
    assert revocation.state == S.AWAITING_DEVICE
    enrolled(holder)
    revocation = reload(hospital, revocation)
    assert revocation.state == S.AWAITING_CONTRACT
    assert when_due(hospital, revocation).state == S.AWAITING_SIGNATURE


# --- stopping


def test_cancelling_and_declining(hospital: Hospital, holder: Holder, government: SandboxProcess) -> None:
    revocation = to_sign(hospital, holder, government)
    job = holder.revocation_job(revocation.job.pk)
    data = holder.signed_revocation(job.request)
    with acting_for([hospital.organisation.pk], as_platform=True):
        cancel_request(revocation, actor=Actor.user(hospital.administrator), now=now())
    answer = holder.send(job.id, data)
    assert (answer.status_code, answer.json()["code"]) == (409, "job_closed")
    assert holder.outcome(job.id)["state"] == "cancelled"

    revocation = to_sign(hospital, holder, government)
    for _ in range(2):
        answer = holder.call("POST", f"/agent/v1/jobs/{revocation.job.pk}/decline", {"reason": "not mine"})
        assert answer.json() == {"state": "declined"}
    revocation = reload(hospital, revocation)
    assert (revocation.state, revocation.job.state) == (S.DECLINED, JobState.CLOSED)

    revocation = signed(hospital, holder, government)
    with acting_for([hospital.organisation.pk], as_platform=True), pytest.raises(CannotCancel):
        cancel_request(revocation, actor=Actor.user(hospital.administrator), now=now())


def test_revoked_by_somebody_else_meanwhile(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """The inventory hears of it from outside; what nobody signed is withdrawn."""
    revocation = to_sign(hospital, holder, government)
    dead = revocation.certificate
    government.control_post(f"/control/certificates/production/{dead.public_key_identifier}/revoke")
    check_revocation(dead.organisation_id, dead.pk, now=now())
    revocation = reload(hospital, revocation)
    assert (revocation.state, revocation.job.state) == (S.CANCELLED, JobState.CLOSED)
    assert revocation.certificate.revocation_status == RevocationStatus.REVOKED


def test_revoked_before_the_contract(hospital: Hospital, holder: Holder, government: SandboxProcess) -> None:
    enrolled(holder)
    certificate = take_in(hospital.organisation, government)
    government.control_post(f"/control/certificates/production/{certificate.public_key_identifier}/revoke")
    revocation = step(hospital, ask(hospital, certificate))
    assert revocation.state == S.REJECTED
    assert "CERT_NOT_REVOCABLE" in str(problem(revocation))


# --- the token


def test_the_token_dies_with_its_certificate(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = signed(hospital, holder, government)
    with acting_for([hospital.organisation.pk], as_platform=True):
        token = EncryptionToken.objects.create(
            organisation=hospital.organisation,
            certificate=revocation.certificate,
            state=TokenState.WAITING,
            state_since=now() - timedelta(days=30),
            serial="1234",
            stored_at=now() - timedelta(days=30),
        )
        job = ask_for(
            token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=Actor.platform(), now=now()
        )
        assert token.waits_too_long(now())
    assert when_due(hospital, step(hospital, revocation)).state == S.COMPLETED
    with acting_for([hospital.organisation.pk], as_platform=True):
        token = EncryptionToken.objects.select_related("certificate").get(pk=token.pk)
        assert token.is_dead
        assert not token.waits_too_long(now())
        assert AgentJob.objects.get(pk=job.pk).state == JobState.CLOSED
        for kind in (JobKind.ACTIVATE_TOKEN, JobKind.CHECK_TOKEN):
            with pytest.raises(TokenRefused):
                ask_for(token, kind, holder=hospital.holder, actor=Actor.platform(), now=now())
    assert "token_revoked" in actions(hospital, revocation.certificate)
