"""Device proofs and enrolment: once, fresh, unaltered, by the right card."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.wire.link.proofs import make_proof
from organisations.models import Device, Enrolment
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import make_hospital
from tests.support.sandbox import SandboxProcess

pytestmark = pytest.mark.django_db
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def holder(government: SandboxProcess) -> Holder:
    make_hospital()
    return Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]  # a test client's response


def test_a_replayed_proof_is_refused_and_an_exact_retry_answered(holder: Holder) -> None:
    body = b"{}"
    url = f"{ORIGIN}/agent/v1/enrolments"
    proof = make_proof(
        holder.device_key, method="POST", url=url, body=body, now=datetime.now(UTC), with_key=True
    )
    first = holder.call("POST", "/agent/v1/enrolments", {}, proof=proof)
    retry = holder.call("POST", "/agent/v1/enrolments", {}, proof=proof)
    assert (first.status_code, retry.status_code) == (201, 201)
    assert first.json() == retry.json()
    assert Enrolment.objects.filter(thumbprint=holder.thumbprint).count() == 1, "nothing was done twice"
    assert code(holder.call("POST", "/agent/v1/enrolments", {"x": 1}, proof=proof)) == (401, "proof_invalid")


def test_an_exact_retry_of_what_was_refused_is_refused_alike(holder: Holder) -> None:
    assert holder.enrol().status_code == 201
    path, now = "/agent/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA/decline", datetime.now(UTC)
    proof = make_proof(holder.device_key, method="POST", url=f"{ORIGIN}{path}", body=b"{}", now=now)
    first, retry = (holder.call("POST", path, {}, proof=proof) for _ in range(2))
    assert code(first) == code(retry) == (404, "job_unknown")
    assert first.json() == retry.json()
    assert first["Content-Type"] == retry["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_no_column_holds_is_refused(holder: Holder, text: str) -> None:
    assert code(holder.enrol(device_label=text)) == (400, "body_malformed")


@pytest.mark.parametrize("number", ["%00", "x", "A" * 22 + "%00"])
def test_odd_numbers_in_addresses_are_unknown(holder: Holder, number: str) -> None:
    assert holder.enrol().status_code == 201
    assert code(holder.call("GET", f"/agent/v1/jobs/{number}")) == (404, "job_unknown")
    answer = holder.call("POST", f"/agent/v1/enrolments/{number}", {}, with_key=True)
    assert code(answer) == (404, "enrolment_unknown")


def test_a_replayed_question_is_refused(holder: Holder) -> None:
    assert holder.enrol().status_code == 201
    now = datetime.now(UTC)
    proof = make_proof(holder.device_key, method="GET", url=f"{ORIGIN}/agent/v1/jobs", body=b"", now=now)
    assert holder.call("GET", "/agent/v1/jobs", proof=proof).status_code == 200
    assert code(holder.call("GET", "/agent/v1/jobs", proof=proof)) == (401, "proof_replayed")


@pytest.mark.parametrize("minutes", [-3, 3])
def test_a_stale_proof_tells_the_time(holder: Holder, minutes: int) -> None:
    assert holder.enrol().status_code == 201
    answer = holder.call("GET", "/agent/v1/jobs", now=datetime.now(UTC) + timedelta(minutes=minutes))
    assert code(answer) == (401, "proof_stale")
    assert datetime.fromisoformat(answer.json()["server_time"]) <= datetime.now(UTC)


def test_a_proof_for_another_call_is_refused(holder: Holder) -> None:
    assert holder.enrol().status_code == 201
    now = datetime.now(UTC)
    for method, url in (
        ("POST", f"{ORIGIN}/agent/v1/jobs"),
        ("GET", f"{ORIGIN}/agent/v1/device"),
        ("GET", "https://evil.example/agent/v1/jobs"),
    ):
        proof = make_proof(holder.device_key, method=method, url=url, body=b"", now=now)
        assert code(holder.call("GET", "/agent/v1/jobs", proof=proof)) == (401, "proof_invalid")
    assert code(holder.call("GET", "/agent/v1/jobs", proof="a.b.c")) == (401, "proof_invalid")
    assert code(holder.client.get("/agent/v1/jobs")) == (401, "proof_invalid")


def test_an_unknown_device_is_told_to_enrol(holder: Holder) -> None:
    assert code(holder.call("GET", "/agent/v1/jobs")) == (401, "device_unknown")


def test_a_nonce_serves_once_and_for_one_key(holder: Holder) -> None:
    started = holder.start_enrolment()
    other = Holder(holder.identity)
    assert code(other.enrol(started)) == (404, "enrolment_unknown")
    assert holder.enrol(started).status_code == 201
    assert code(holder.enrol(started)) == (404, "enrolment_unknown")
    assert Device.objects.filter(thumbprint=holder.thumbprint).count() == 1


def test_a_nonce_ends_after_five_minutes(holder: Holder) -> None:
    started = holder.start_enrolment()
    Enrolment.objects.filter(pk=started["enrolment_id"]).update(
        expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    assert code(holder.enrol(started)) == (410, "enrolment_expired")


def test_the_signature_must_be_for_this_server_nonce_and_key(holder: Holder) -> None:
    earlier, later = holder.start_enrolment(), holder.start_enrolment()
    assert code(holder.enrol(later | {"nonce": earlier["nonce"]})) == (422, "signature_invalid")
    assert code(holder.enrol(algorithm="none")) == (422, "signature_invalid")
    assert code(holder.enrol(certificates=[])) == (422, "card_not_trusted")


def test_the_signature_certificate_does_not_enrol(holder: Holder) -> None:
    holder.identity = type(holder.identity)(
        **{
            **holder.identity.__dict__,
            "authentication": holder.identity.signature,
            "authentication_key": holder.identity.signature_key,
        }
    )
    assert code(holder.enrol()) == (422, "not_an_authentication_certificate")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [({"expired": True}, "card_expired"), ({"revoked": "authentication"}, "card_revoked")],
)
def test_a_bad_card_does_not_enrol(
    holder: Holder, government: SandboxProcess, kind: dict[str, object], expected: str
) -> None:
    bad = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters", **kind))
    assert code(bad.enrol()) == (422, expected)
    assert not Device.objects.filter(thumbprint=bad.thumbprint).exists()


def test_a_stranger_does_not_enrol(holder: Holder, government: SandboxProcess) -> None:
    stranger = Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois"))
    assert code(stranger.enrol()) == (422, "holder_unknown")
