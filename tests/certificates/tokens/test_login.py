"""The login proof from end to end: the server names the place, the agent asks the sandbox, the verdict is kept."""

import json
from typing import Any

import pytest
import pytest_django
from cryptography import x509

from agent.sessions.proof import prove_login
from agent.stores.contents import authentication_entry, new_contents
from agent.wire.link.sessions import SessionPlace
from certificates.models import LoginProof
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.tokens.desk import Desk, issued
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess


def place_of(desk: Desk) -> SessionPlace:
    answer = desk.holder.call("GET", f"/agent/v1/jobs/{desk.job}/session")
    assert answer.status_code == 200, answer.content
    return SessionPlace.from_json(answer.json()["place"])


def prove(desk: Desk) -> dict[str, Any]:
    """What the agent does, and reports."""
    contents = new_contents(
        desk.key, desk.own, [x509.load_der_x509_certificate(one) for one in desk.certificate.above]
    )
    return prove_login(place_of(desk), contents, authentication_entry(contents)).proof.to_json()


def report(desk: Desk, proof: dict[str, Any]) -> Any:
    return desk.holder.call("POST", f"/agent/v1/jobs/{desk.job}/session", proof)


def kept(desk: Desk) -> list[LoginProof]:
    with acting_for([desk.hospital.organisation.pk], as_platform=True):
        return list(LoginProof.objects.filter(certificate=desk.certificate))


def events(desk: Desk) -> list[tuple[str, str]]:
    with acting_for([desk.hospital.organisation.pk], as_platform=True):
        found = AuditEvent.objects.filter(subject_id=desk.certificate.pk, action__startswith="login")
        return [(one.action, one.details["finding"]) for one in found]


def test_what_the_token_says_is_kept_and_the_token_is_not(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    assert report(desk, prove(desk)).json() == {"passed": True}
    [proof] = kept(desk)
    assert (proof.verdict, proof.passed, proof.device_label) == ("ok", True, "desk of the test")
    assert set(proof.attributes.values()) == {desk.certificate.identifier_value}
    assert proof.not_on_or_after is not None
    assert proof.not_before is not None
    assert len(proof.signer) == len(proof.digest) == 64
    assert events(desk) == [("login_proven", "ok")]


def test_a_failure_is_kept_with_its_verdict(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    government.control_post("/control/faults", {"kind": "refused", "operation": "RequestSecureToken"})
    assert report(desk, prove(desk)).json() == {"passed": False}
    government.control_post("/control/faults", method="DELETE")
    assert [(one.verdict, one.digest, one.attributes) for one in kept(desk)] == [("refused", "", {})]
    assert events(desk) == [("login_not_proven", "refused")]


@pytest.mark.parametrize(
    "change",
    [
        {"signer": "0" * 64},
        {"signer": None},
        {"digest": None},
        {"not_on_or_after": None},
        {"environment": "acceptance"},
        {"verdict": "fine"},
        {"attributes": [{"name": "urn:be:fgov:person:ssin", "value": "85073003328"}]},
        {"assertion": "<Assertion/>"},
    ],
)
def test_a_report_that_no_agent_makes_is_refused(
    hospital: Hospital, holder: Holder, government: SandboxProcess, change: dict[str, Any]
) -> None:
    desk = issued(hospital, holder)
    proof = prove(desk)
    assert proof["environment"] == "production"
    refused = report(desk, json.loads(json.dumps({**proof, **change})))
    assert refused.status_code == 422
    assert refused.json()["code"] == "proof_malformed"
    assert kept(desk) == []


def test_without_a_configured_service_nothing_is_offered(
    hospital: Hospital, holder: Holder, government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    desk = issued(hospital, holder)
    proof = prove(desk)
    settings.STS_ENDPOINTS = {"production": "", "acceptance": ""}
    answer = desk.holder.call("GET", f"/agent/v1/jobs/{desk.job}/session")
    assert answer.json() == {"place": None}
    assert report(desk, proof).status_code == 422
    assert kept(desk) == []
