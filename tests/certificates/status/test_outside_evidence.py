"""Whoever outside says that a certificate is revoked: it ends in one way, and nothing takes that back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_django

from certificates.certra.client import CertraClient
from certificates.certra.facts import CertificateInfo
from certificates.domain.revocation import RevocationState
from certificates.domain.validity import RevocationStatus
from certificates.models import AgentJob, Certificate, Revocation
from certificates.models.job import JobKind, JobState
from certificates.services.status.check import check_revocation
from certificates.services.tokens.activate import ask_for
from organisations.models import AuditEvent
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.revocations.stages import ask, reload, sign, signed, step, to_sign
from tests.certificates.stages import fault, now
from tests.certificates.tokens.desk import Desk, issued
from tests.support import questions
from tests.support.holder import Holder, b64
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess

S = RevocationState


@pytest.fixture
def deaf(settings: pytest_django.Settings, government: SandboxProcess) -> Iterator[None]:
    """OCSP and CRL cannot be believed (no anchor): only the government's own record is left."""
    anchors, settings.CERTRA_ANCHORS = settings.CERTRA_ANCHORS, {"production": [], "acceptance": []}
    yield
    settings.CERTRA_ANCHORS = anchors


def events(hospital: Hospital, subject: Revocation | Certificate) -> list[AuditEvent]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(AuditEvent.objects.filter(subject_id=subject.pk).order_by("happened_at", "id"))


def reread(certificate: Certificate) -> Certificate:
    with acting_for([certificate.organisation_id], as_platform=True):
        return Certificate.objects.get(pk=certificate.pk)


def own_record(desk: Desk) -> Any:
    """The workstation asks the government's record with the certificate's own key."""
    path = f"/agent/v1/jobs/{desk.job}/own-record"
    return desk.holder.call("POST", path, {"request": b64(desk.signer.own_record())})


def waiting(hospital: Hospital, holder: Holder, government: SandboxProcess, state: S) -> Revocation:
    """A signed revocation that only evidence can end now."""
    revocation = signed(hospital, holder, government)
    if state is S.OUTCOME_UNKNOWN:
        fault(government, "drop-after-commit", "Revoke")
    revocation = step(hospital, revocation)
    assert revocation.state == state, revocation.problem
    return revocation


@pytest.mark.parametrize("state", [S.AWAITING_EVIDENCE, S.OUTCOME_UNKNOWN])
def test_the_governments_record_is_evidence(
    hospital: Hospital, holder: Holder, government: SandboxProcess, deaf: None, state: S
) -> None:
    revocation = waiting(hospital, holder, government, state)
    inquiry = questions.answer(hospital, holder)
    revocation = reload(hospital, revocation)
    assert (revocation.state, revocation.next_attempt_at) == (S.COMPLETED, None)
    evidence = revocation.evidence
    assert evidence is not None
    assert (evidence["source"], evidence["revoked_at"]) == ("certificate_info", None)
    assert datetime.fromisoformat(evidence["checked_at"]) > revocation.requested_at
    assert holder.outcome(revocation.job.pk)["state"] == "completed"
    dead = revocation.certificate
    assert (dead.revocation_status, dead.revoked_at) == (RevocationStatus.REVOKED, None)
    [found] = [one for one in events(hospital, dead) if one.action == "certificate_found_revoked"]
    assert (found.details["source"], found.details["revoked_at"]) == ("certificate_info", None)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not inquiry.proposals.filter(certificate=dead, facts__field="status").exists(), "it is settled"


def test_the_certificates_own_record_is_evidence_and_the_token_ends_with_it(
    hospital: Hospital, holder: Holder, government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox refuses what a dead key signs; a government that still answers it tells the same."""
    desk = issued(hospital, holder)
    desk.register()
    with acting_for([hospital.organisation.pk], as_platform=True):
        job = ask_for(
            desk.token(), JobKind.CHECK_TOKEN, holder=hospital.holder, actor=Actor.platform(), now=now()
        )
    revocation = step(hospital, ask(hospital, desk.certificate))
    assert own_record(desk).json()["status"] == "VALID_ACTIVE"
    assert reload(hospital, revocation).state == S.AWAITING_SIGNATURE
    revocation = step(hospital, sign(hospital, holder, revocation))
    assert revocation.state == S.AWAITING_EVIDENCE
    assert own_record(desk).json()["codes"] == ["CERTIFICATE_REVOKED"]
    real, told = CertraClient.certificate_infos, questions.infos(holder.identity)

    def dead(self: CertraClient, signed: bytes) -> CertificateInfo:
        """What the same register tells the holder's card."""
        key = desk.certificate.public_key_identifier
        return next(one for one in real(self, told) if one.public_key_identifier.lower() == key)

    monkeypatch.setattr(CertraClient, "certificate_info", dead)
    assert own_record(desk).json()["status"] == "REVOKED"
    revocation = reload(hospital, revocation)
    assert revocation.state == S.COMPLETED
    assert revocation.evidence is not None
    assert revocation.evidence["source"] == "certificate_info"
    assert desk.token().is_dead
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert AgentJob.objects.get(pk=job.pk).state == JobState.CLOSED
    assert "token_revoked" in [one.action for one in events(hospital, desk.certificate)]


def _anchors(government: SandboxProcess) -> dict[str, list[str]]:
    return {
        name: [str(government.pki / name / "root.pem"), str(government.pki / name / "issuing.pem")]
        for name in ("production", "acceptance")
    }


def test_a_record_that_says_something_else_is_no_evidence(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = signed(hospital, holder, government)
    fault(government, "drop-before-commit", "Revoke")
    revocation = step(hospital, revocation)
    assert revocation.state == S.OUTCOME_UNKNOWN
    questions.answer(hospital, holder)
    assert reload(hospital, revocation).state == S.OUTCOME_UNKNOWN


def test_what_nobody_signed_is_not_completed_by_a_record(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """Somebody else revoked it: a person decides about the difference."""
    revocation = to_sign(hospital, holder, government)
    key = revocation.certificate.public_key_identifier
    government.control_post(f"/control/certificates/production/{key}/revoke")
    inquiry = questions.answer(hospital, holder)
    revocation = reload(hospital, revocation)
    assert revocation.state == S.AWAITING_SIGNATURE
    assert revocation.certificate.revocation_status == RevocationStatus.UNKNOWN
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert inquiry.proposals.filter(certificate=revocation.certificate, facts__field="status").exists()


def test_since_when_it_is_revoked_is_filled_in_by_ocsp(
    hospital: Hospital,
    holder: Holder,
    government: SandboxProcess,
    deaf: None,
    settings: pytest_django.Settings,
) -> None:
    revocation = waiting(hospital, holder, government, S.AWAITING_EVIDENCE)
    questions.answer(hospital, holder)
    settings.CERTRA_ANCHORS = _anchors(government)
    dead = revocation.certificate
    for _ in range(2):
        check_revocation(dead.organisation_id, dead.pk, now=now())
    dead = reread(dead)
    assert dead.revoked_at is not None
    told = [one.details for one in events(hospital, dead) if one.action == "certificate_found_revoked"]
    assert [one["source"] for one in told] == ["certificate_info", "ocsp"]
    assert told[1]["revoked_at"] == dead.revoked_at.isoformat()


def test_the_daily_question_completes_what_waits(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    revocation = waiting(hospital, holder, government, S.AWAITING_EVIDENCE)
    check_revocation(revocation.organisation_id, revocation.certificate_id, now=now())
    revocation = reload(hospital, revocation)
    assert revocation.state == S.COMPLETED
    assert revocation.evidence is not None
    assert revocation.evidence["source"] == "ocsp"


def test_good_takes_no_revocation_back(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    """A responder that answers from an older list says "good" once more after the record said "revoked"."""
    revocation = to_sign(hospital, holder, government)
    certificate = revocation.certificate
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=certificate.pk).update(revocation_status=RevocationStatus.REVOKED)
    check_revocation(certificate.organisation_id, certificate.pk, now=now())
    after = reread(certificate)
    assert after.revocation_status == RevocationStatus.REVOKED
    assert after.revocation_checked_at is not None
    assert after.revocation_checked_at > now() - timedelta(minutes=1)
