"""Sending a revocation: once, whatever the network and the authority do, and settled by asking."""

from datetime import timedelta

import pytest
import pytest_django
from pyhanko_certvalidator.errors import OCSPFetchError
from pyhanko_certvalidator.fetchers.requests_fetchers.ocsp_client import RequestsOCSPFetcher

from certificates.domain.validity import RevocationStatus
from certificates.errors.requests import CannotAskAgain
from certificates.services.revocations.work import ask_again
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
from tests.certificates.revocations.test_revocations import S, actions, problem
from tests.certificates.stages import enrolled, fault, now
from tests.support.effort import until
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

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
    fault(government, "slow:2", "Revoke")
    revocation = step(hospital, revocation)
    assert revocation.state == S.OUTCOME_UNKNOWN
    settings.CERTRA_READ_TIMEOUT = 60
    until(lambda: len(messages(government, revocation)) == 1)  # kept once its work is done, after the pause
    revocation = when_due(hospital, revocation)
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
    with acting_for([hospital.organisation.pk], as_platform=True), pytest.raises(CannotAskAgain):
        ask_again(revocation, actor=Actor.user(hospital.administrator), now=now())
    late = now() + timedelta(days=settings.CERTRA_GIVE_UP_DAYS)
    revocation = when_due(hospital, revocation, not_before=late)
    assert (revocation.state, revocation.next_attempt_at) == (S.GAVE_UP, None)
    settings.CERTRA_ANCHORS = anchors
    with acting_for([hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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
