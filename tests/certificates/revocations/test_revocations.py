"""Revoking a certificate, server side, against the sandbox over HTTP: asked, signed, sent once, proven from outside."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import pytest_django
from pyhanko_certvalidator.errors import OCSPFetchError
from pyhanko_certvalidator.fetchers.requests_fetchers.ocsp_client import RequestsOCSPFetcher

from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import RevocationReason, RevocationState
from certificates.domain.tokens import TokenState
from certificates.domain.validity import RevocationStatus
from certificates.errors.requests import CannotAskAgain, CannotCancel
from certificates.errors.revocations import CertificateNotRevocable, RevocationInProgress, RevocationRefused
from certificates.errors.tokens import TokenRefused
from certificates.models import AgentJob, Certificate, EncryptionToken, Revocation
from certificates.models.job import JobKind, JobState
from certificates.services.revocations.work import ask_again, due_revocations, work_on_revocation
from certificates.services.signing.cancel import cancel_request
from certificates.services.status.check import check_revocation
from certificates.services.tokens.activate import ask_for
from organisations.models import AuditEvent, Mandate
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.requests.test_submission import at_once
from tests.certificates.revocations.stages import (
    ask,
    messages,
    reload,
    sign,
    signed,
    step,
    take_in,
    to_sign,
    when_due,
)
from tests.certificates.stages import enrolled, fault, now
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

S = RevocationState


def actions(hospital: Hospital, subject: Revocation | Certificate) -> list[str]:
    with acting_for([hospital.organisation.pk]):
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
    assert due_revocations(now=now() + timedelta(days=31), most=100_000)
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
    assert (first.state, first.next_attempt_at) == (S.AWAITING_DEVICE, None)
    with pytest.raises(RevocationInProgress):
        ask(hospital, certificate)
    with acting_for([hospital.organisation.pk]):
        cancel_request(first, actor=Actor.user(hospital.administrator), now=now())
    assert ask(hospital, certificate).pk != first.pk


def test_a_dead_or_ended_certificate_is_not_revoked(hospital: Hospital, government: SandboxProcess) -> None:
    ended = take_in(hospital.organisation, government, age=timedelta(days=1200))
    with pytest.raises(CertificateNotRevocable):
        ask(hospital, ended)
    dead = take_in(hospital.organisation, government)
    with acting_for([hospital.organisation.pk]):
        Certificate.objects.filter(pk=dead.pk).update(revocation_status=RevocationStatus.REVOKED)
    with pytest.raises(CertificateNotRevocable):
        ask(hospital, dead)


def test_who_may_sign(hospital: Hospital, government: SandboxProcess) -> None:
    certificate = take_in(hospital.organisation, government)
    other = make_hospital(name="Clinique Saint-Roch", cbe="0809394427", ssin="93051822361")
    with pytest.raises(RevocationRefused) as refused:
        ask(hospital, certificate, holder_id=other.holder.pk)
    assert refused.value.extra == {"field": "holder_id"}
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]), pytest.raises(CannotCancel):
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
    with acting_for([hospital.organisation.pk]):
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
    with acting_for([hospital.organisation.pk]):
        token = EncryptionToken.objects.select_related("certificate").get(pk=token.pk)
        assert token.is_dead
        assert not token.waits_too_long(now())
        assert AgentJob.objects.get(pk=job.pk).state == JobState.CLOSED
        for kind in (JobKind.ACTIVATE_TOKEN, JobKind.CHECK_TOKEN):
            with pytest.raises(TokenRefused):
                ask_for(token, kind, holder=hospital.holder, actor=Actor.platform(), now=now())
    assert "token_revoked" in actions(hospital, revocation.certificate)


# --- sending


def test_a_lost_answer_is_settled_by_evidence(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = signed(hospital, holder, government)
    fault(government, "drop-after-commit", "Revoke")
    revocation = step(hospital, revocation)
    assert revocation.state == S.OUTCOME_UNKNOWN
    assert problem(revocation)["kind"] == "outcome_unknown"
    revocation = when_due(hospital, revocation)
    assert revocation.state == S.COMPLETED, revocation.problem
    assert len(messages(government, revocation)) == 1


def test_a_lost_answer_is_settled_by_the_authority_where_no_evidence_is_to_be_had(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    """OCSP and CRL cannot be believed for a while (no anchor): the authority itself says that it was done."""
    revocation = signed(hospital, holder, government)
    fault(government, "drop-after-commit", "Revoke")
    revocation = step(hospital, revocation)
    anchors, settings.CERTRA_ANCHORS = settings.CERTRA_ANCHORS, {"production": [], "acceptance": []}
    revocation = when_due(hospital, revocation)
    assert revocation.state == S.AWAITING_EVIDENCE, revocation.problem
    revocation = when_due(hospital, revocation)
    assert revocation.state == S.AWAITING_EVIDENCE, "without evidence it does not end"
    settings.CERTRA_ANCHORS = anchors
    assert when_due(hospital, revocation).state == S.COMPLETED
    assert len(messages(government, revocation)) == 1


def test_a_time_out_is_settled_by_asking(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    revocation = signed(hospital, holder, government)
    settings.CERTRA_READ_TIMEOUT = 0.3
    fault(government, "slow:1", "Revoke")
    revocation = step(hospital, revocation)
    assert revocation.state == S.OUTCOME_UNKNOWN
    settings.CERTRA_READ_TIMEOUT = 10
    for _ in range(10):  # the sandbox does the work after its pause; until then it gives contracts
        revocation = when_due(hospital, revocation)
        if revocation.state == S.COMPLETED:
            break
        assert revocation.state == S.OUTCOME_UNKNOWN
        threading.Event().wait(0.3)
    assert revocation.state == S.COMPLETED, revocation.problem
    assert len(messages(government, revocation)) == 1


def test_two_denials_after_the_grace_let_it_be_sent_once_more(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    revocation = signed(hospital, holder, government)
    fault(government, "drop-before-commit", "Revoke")
    revocation = step(hospital, revocation)
    assert revocation.submission_started_at is not None
    grace_over = revocation.submission_started_at + timedelta(seconds=settings.CERTRA_SUBMISSION_GRACE)
    for denials in (1, 2, 2):
        revocation = when_due(hospital, revocation)
        assert (revocation.state, revocation.not_known_answers) == (S.OUTCOME_UNKNOWN, denials)
    assert len(messages(government, revocation)) == 1
    revocation = when_due(hospital, revocation, not_before=grace_over)
    assert revocation.state == S.SIGNED
    revocation = when_due(hospital, revocation)
    assert revocation.state == S.AWAITING_EVIDENCE
    assert when_due(hospital, revocation).state == S.COMPLETED
    assert messages(government, revocation).count("success") == 1
    assert "revocation_not_received" in actions(hospital, revocation)


def test_already_revoked_is_no_refusal(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """Somebody was faster after the signature: the authority says so, and the evidence closes ours too."""
    revocation = signed(hospital, holder, government)
    key = revocation.certificate.public_key_identifier
    government.control_post(f"/control/certificates/production/{key}/revoke")
    revocation = step(hospital, revocation)
    assert revocation.state == S.OUTCOME_UNKNOWN
    assert when_due(hospital, revocation).state == S.COMPLETED


@pytest.mark.parametrize("kind", ["refused:CONTRACT_MISMATCH", "refused:CERT_NOT_REVOCABLE"])
def test_a_refusal_is_kept_as_it_was(
    hospital: Hospital, holder: Holder, government: SandboxProcess, kind: str
) -> None:
    """Also a code that would mean "done before" with another parameter."""
    revocation = signed(hospital, holder, government)
    fault(government, kind, "Revoke")
    revocation = step(hospital, revocation)
    assert (revocation.state, revocation.next_attempt_at) == (S.REJECTED, None)
    assert kind.partition(":")[2] in str(problem(revocation)["answers"])
    assert actions(hospital, revocation)[-1] == "revocation_rejected"


@pytest.mark.parametrize("kind", ["soa-02001", "http-503"])
def test_an_outage_sends_nothing_twice(
    hospital: Hospital, holder: Holder, government: SandboxProcess, kind: str
) -> None:
    revocation = signed(hospital, holder, government)
    fault(government, kind, "Revoke", times=2)
    states = []
    for _ in range(25):
        revocation = when_due(hospital, revocation, not_before=now() + timedelta(minutes=5))
        states.append(S(revocation.state))
        if revocation.state == S.COMPLETED:
            break
    assert states[-1] is S.COMPLETED, states
    assert messages(government, revocation).count("success") == 1


@pytest.mark.parametrize("spoiled", ["not-xml", "truncated", "oversized", "wrong-element", "dtd-bomb"])
def test_a_spoiled_answer_loses_nothing(
    hospital: Hospital, holder: Holder, government: SandboxProcess, spoiled: str
) -> None:
    revocation = signed(hospital, holder, government)
    fault(government, spoiled, "Revoke")
    revocation = when_due(hospital, step(hospital, revocation))
    assert revocation.state == S.COMPLETED, revocation.problem
    assert len(messages(government, revocation)) == 1


def test_the_contract_outlasts_an_outage(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    enrolled(holder)
    revocation = ask(hospital, take_in(hospital.organisation, government))
    fault(government, "http-503", "GenerateRevocationContract", times=2)
    for attempts in (1, 2):
        revocation = when_due(hospital, revocation)
        assert (revocation.state, revocation.attempts) == (S.AWAITING_CONTRACT, attempts)
        assert problem(revocation)["kind"] == "transient"
    revocation = when_due(hospital, revocation)
    assert (revocation.state, revocation.problem) == (S.AWAITING_SIGNATURE, None)


# --- evidence, patience


def test_evidence_is_looked_for_with_patience_and_can_be_asked_again(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    revocation = step(hospital, signed(hospital, holder, government))
    anchors, settings.CERTRA_ANCHORS = settings.CERTRA_ANCHORS, {"production": [], "acceptance": []}
    for attempts in (1, 2, 3):
        revocation = when_due(hospital, revocation)
        assert (revocation.state, revocation.attempts) == (S.AWAITING_EVIDENCE, attempts)
    with acting_for([hospital.organisation.pk]), pytest.raises(CannotAskAgain):
        ask_again(revocation, actor=Actor.user(hospital.administrator), now=now())
    late = now() + timedelta(days=settings.CERTRA_GIVE_UP_DAYS)
    revocation = when_due(hospital, revocation, not_before=late)
    assert (revocation.state, revocation.next_attempt_at) == (S.GAVE_UP, None)
    settings.CERTRA_ANCHORS = anchors
    with acting_for([hospital.organisation.pk]):
        ask_again(revocation, actor=Actor.user(hospital.administrator), now=now())
    assert when_due(hospital, reload(hospital, revocation)).state == S.COMPLETED
    assert len(messages(government, revocation)) == 1


def test_an_unsigned_job_ends_and_can_be_offered_again(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    first = revocation.job.pk
    revocation = when_due(hospital, revocation)
    assert revocation.state == S.GAVE_UP
    assert holder.jobs() == []
    with acting_for([hospital.organisation.pk]):
        ask_again(revocation, actor=Actor.user(hospital.administrator), now=now())
    revocation = when_due(hospital, reload(hospital, revocation))
    assert revocation.state == S.AWAITING_SIGNATURE
    assert revocation.job.pk != first


def test_a_revocation_in_the_crl_is_evidence_too(
    hospital: Hospital, holder: Holder, government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: the OCSP responder cannot be reached."""

    async def no_answer(*_: object, **__: object) -> None:
        raise OCSPFetchError("no route to the responder")

    monkeypatch.setattr(RequestsOCSPFetcher, "fetch", no_answer)
    revocation = when_due(hospital, step(hospital, signed(hospital, holder, government)))
    assert revocation.state == S.COMPLETED
    assert revocation.evidence is not None
    assert revocation.evidence["source"] == "crl"
    assert revocation.certificate.revocation_status == RevocationStatus.REVOKED


def test_workers_that_meet_send_once(hospital: Hospital, holder: Holder, government: SandboxProcess) -> None:
    revocation = signed(hospital, holder, government)
    moment = now() + timedelta(seconds=1)
    for _ in range(3):
        work_on_revocation(revocation.organisation_id, revocation.pk, now=moment)
    assert len(messages(government, revocation)) == 1


def test_acceptance_stays_in_acceptance(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    enrolled(holder)
    certificate = take_in(hospital.organisation, government)
    with acting_for([hospital.organisation.pk]):
        Certificate.objects.filter(pk=certificate.pk).update(environment=Environment.ACCEPTANCE)
        certificate.refresh_from_db()
    revocation = step(hospital, ask(hospital, certificate))
    assert revocation.state == S.REJECTED, "the other authority does not know it"
    assert "CERT_REQUEST_NOT_FOUND" in str(problem(revocation))


def test_nobody_elses_card_and_nobody_elses_contract(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    job = holder.revocation_job(revocation.job.pk)
    other = Holder(
        issue_identity(government.state, "93051822361", "Luc", "Dubois"), device_key=holder.device_key
    )
    contract = job.request.contract
    another = take_in(hospital.organisation, government)
    cases = [
        (other.signed_revocation(job.request), "wrong_signer"),
        (
            holder.signed_revocation(
                replace(job.request, contract=replace(contract, revocation_reason="superseded"))
            ),
            "contract_altered",
        ),
        (
            holder.signed_revocation(
                replace(job.request, contract=replace(contract, texts=contract.texts[:1]))
            ),
            "contract_altered",
        ),
        (
            holder.signed_revocation(
                replace(job.request, public_key_identifier=another.public_key_identifier)
            ),
            "contract_altered",
        ),
        (b"<a/>", "request_malformed"),
        (holder.signed_revocation(job.request)[:-40], "request_malformed"),
        (
            holder.signed_revocation(job.request).replace(b"keyCompromise", b"superseded"),
            "signature_invalid",
        ),
    ]
    for data, code in cases:
        answer = holder.send(job.id, data)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    revocation = reload(hospital, revocation)
    assert (revocation.state, revocation.sealed_signed_request) == (S.AWAITING_SIGNATURE, None)
    assert sign(hospital, holder, revocation).state == S.SIGNED


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ({"expired": True}, "card_expired"),
        ({"revoked": "signature"}, "card_revoked"),
        ({"without_nonrepudiation": True}, "not_a_signature_certificate"),
    ],
)
def test_a_card_that_cannot_sign(
    hospital: Hospital, holder: Holder, government: SandboxProcess, kind: dict[str, object], code: str
) -> None:
    revocation = to_sign(hospital, holder, government)
    bad = Holder(
        issue_identity(government.state, "85073003328", "An Marie", "Peeters", **kind),
        device_key=holder.device_key,
    )
    job = holder.revocation_job(revocation.job.pk)
    answer = holder.send(job.id, bad.signed_revocation(job.request))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert reload(hospital, revocation).state == S.AWAITING_SIGNATURE


def test_a_mandate_that_ended_meanwhile(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    job = holder.revocation_job(revocation.job.pk)
    with acting_for([hospital.organisation.pk]):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(withdrawn_on=date(2021, 1, 1))
    answer = holder.send(job.id, holder.signed_revocation(job.request))
    assert (answer.status_code, answer.json()["code"]) == (409, "mandate_ended")
    assert reload(hospital, revocation).state == S.AWAITING_SIGNATURE


def test_another_tenants_revocation_shows_nothing(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    data = holder.signed_revocation(holder.revocation_job(revocation.job.pk).request)
    make_hospital(
        name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361", surname="Dubois"
    )
    stranger = enrolled(Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois")))
    path = f"/agent/v1/jobs/{revocation.job.pk}"
    for answer in (
        stranger.call("GET", path),
        stranger.call("GET", f"{path}/outcome"),
        stranger.call("POST", f"{path}/decline", {"reason": ""}),
        stranger.send(revocation.job.pk, data),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
    with acting_for([]):
        assert not Revocation.objects.filter(pk=revocation.pk).exists()


def test_endpoints_of_other_jobs_know_nothing_of_a_revocation(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = to_sign(hospital, holder, government)
    answer = holder.call(
        "POST",
        f"/agent/v1/jobs/{revocation.job.pk}/stored",
        {"fingerprint": revocation.certificate.fingerprint, "format": "modern"},
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
    assert reload(hospital, revocation).requested_at <= datetime.now(UTC)


# --- two at once


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital()


def test_two_clicks_make_one_revocation(committed: Hospital, government: SandboxProcess) -> None:
    certificate = take_in(committed.organisation, government)
    found: list[object] = []
    at_once(4, found, lambda: ask(committed, certificate))
    made = [one for one in found if isinstance(one, Revocation)]
    assert len(made) == 1, found
    assert sum(isinstance(one, RevocationInProgress) for one in found) == 3, found


def test_workers_at_once_send_once(committed: Hospital, holder: Holder, government: SandboxProcess) -> None:
    revocation = signed(committed, holder, government)
    fault(government, "slow:0.5", "Revoke")
    moment, found = now() + timedelta(seconds=1), list[object]()
    at_once(4, found, lambda: work_on_revocation(revocation.organisation_id, revocation.pk, now=moment))
    assert found == [None] * 4
    assert len(messages(government, revocation)) == 1
    assert reload(committed, revocation).state == S.AWAITING_EVIDENCE


def test_evidence_heard_by_several_at_once_completes_once(
    committed: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = step(committed, signed(committed, holder, government))
    assert revocation.state == S.AWAITING_EVIDENCE
    hear = partial(check_revocation, revocation.organisation_id, revocation.certificate_id)
    found = list[object]()
    at_once(4, found, lambda: hear(now=now()))
    assert found == [None] * 4
    assert reload(committed, revocation).state == S.COMPLETED
    assert actions(committed, revocation).count("revocation_completed") == 1
    assert actions(committed, revocation.certificate).count("certificate_found_revoked") == 1
