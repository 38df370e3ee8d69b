"""Encryption tokens on the server: registered once, kept sealed, activated, proven; the government is the sandbox."""

import base64

import pytest
from cryptography import x509

from certificates.domain.tokens import TokenState
from certificates.models.job import JobKind
from certificates.services.tokens.activate import ask_for
from organisations.models import AuditEvent
from organisations.sealing import unseal
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.stages import fault, now, tag
from tests.certificates.tokens.desk import Desk, confirm, issued, near_its_end
from tests.support.holder import Holder, b64, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.tokens import make_challenge


def events(desk: Desk) -> list[str]:
    with acting_for([desk.hospital.organisation.pk]):
        about = AuditEvent.objects.filter(subject_id=desk.certificate.pk, action__startswith="token")
        return list(about.order_by("happened_at").values_list("action", flat=True))


def test_a_token_is_registered_verified_and_kept_sealed(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    made = desk.register()
    token = desk.token()
    assert (token.state, token.to_be_activated) == (TokenState.ACTIVE, False)
    assert token.serial == str(made.serial_number)
    assert token.sealed_etk is not None
    assert bytes(token.sealed_etk)[:1] != b"0", "not DER, but sealed"
    stored = holder.call("POST", f"/agent/v1/jobs/{desk.job}/token/stored", {"serial": token.serial})
    assert stored.status_code == 200
    again = holder.call("POST", f"/agent/v1/jobs/{desk.job}/token/stored", {"serial": token.serial})
    assert again.status_code == 200
    assert desk.token().stored_at is not None
    assert events(desk) == ["token_started", "token_registered", "token_stored"]


def test_repeated_steps_cost_nothing(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    first = desk.start().json()["challenge"]
    second = desk.start().json()["challenge"]
    assert first != second, "a second start gets a challenge of its own"
    made = desk.encryption_certificate(base64.b64decode(second))
    once, twice = desk.complete(made), desk.complete(made)
    assert once.json()["etk"] == twice.json()["etk"]
    assert events(desk) == ["token_started", "token_registered"]
    late = desk.start()
    assert (late.status_code, late.json()["code"]) == (409, "token_refused")


@pytest.mark.parametrize(("kind", "operation"), [("drop-after-commit", "Start"), ("drop-after-commit", "Complete"),
                                                 ("soa-02001", "Start"), ("http-503", "Complete")])  # fmt: skip
def test_an_answer_that_does_not_come_is_asked_for_again(
    hospital: Hospital, holder: Holder, government: SandboxProcess, kind: str, operation: str
) -> None:
    desk = issued(hospital, holder)
    started = None if operation == "Start" else desk.start()
    fault(government, kind, f"{operation}ETKRegistration")
    if started is None:
        failed = desk.start()
        assert (failed.status_code, failed.json()["code"]) == (503, "government_unavailable")
        started = desk.start()
    made = desk.encryption_certificate(base64.b64decode(started.json()["challenge"]))
    if operation == "Complete":
        failed = desk.complete(made)
        assert (failed.status_code, failed.json()["code"]) == (503, "government_unavailable")
    assert desk.complete(made).status_code == 200
    assert desk.token().state == TokenState.ACTIVE


def test_a_token_that_is_kept_is_given_again_even_if_the_government_would_not(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    made = desk.register()
    fault(government, "refused:ETK_ALREADY_REGISTERED", "CompleteETKRegistration")
    try:
        again = desk.complete(made)
        other = desk.complete(
            desk.encryption_certificate(make_challenge(desk.encryption_key.public_key(), b"\x07" * 16))
        )
    finally:
        government.control_post("/control/faults", method="DELETE")
    assert again.status_code == 200, again.content
    kept = desk.token().sealed_etk
    assert kept is not None
    assert base64.b64decode(again.json()["etk"]) == unseal(kept)
    assert (other.status_code, other.json()["code"]) == (409, "token_refused")


def lost_completion(desk: Desk, government: SandboxProcess) -> x509.Certificate:
    """The government made the token, its answer got lost, and asked again it only says no."""
    made = desk.encryption_certificate(base64.b64decode(desk.start().json()["challenge"]))
    fault(government, "drop-after-commit", "CompleteETKRegistration")
    assert desk.complete(made).status_code == 503
    fault(government, "refused:ETK_ALREADY_REGISTERED", "CompleteETKRegistration")
    return made


def test_a_token_made_in_a_lost_call_is_taken_over_from_the_depot(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    made = lost_completion(desk, government)
    answer = desk.complete(made)
    assert answer.status_code == 200, answer.content
    token = desk.token()
    assert (token.state, token.serial) == (TokenState.ACTIVE, str(made.serial_number))
    assert token.sealed_etk is not None
    assert base64.b64decode(answer.json()["etk"]) == unseal(token.sealed_etk)


def test_a_waiting_token_made_in_a_lost_call_is_known_from_the_governments_record(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    name = tag()
    near_its_end(hospital, holder, government, application_id=name).register()
    desk = issued(hospital, holder, application_id=name)
    made = lost_completion(desk, government)
    refused = desk.complete(made)
    assert (refused.status_code, refused.json()["code"]) == (409, "government_refused"), "not asked yet"
    path = f"/agent/v1/jobs/{desk.job}/own-record"
    told = holder.call("POST", path, {"request": b64(desk.signer.own_record())}).json()
    assert told["token_status"] == "WAIT_FOR_ACTIVATION"
    for _ in range(2):
        fault(government, "refused:ETK_ALREADY_REGISTERED", "CompleteETKRegistration")
        answer = desk.complete(made)
        assert (answer.status_code, answer.json()["etk"], answer.json()["to_be_activated"]) == (
            200,
            None,
            True,
        )
    token = desk.token()
    assert (token.state, token.serial) == (TokenState.WAITING, str(made.serial_number))
    confirm(desk)
    actor = Actor.user(hospital.administrator)
    with acting_for([hospital.organisation.pk]):
        job = ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
    assert desk.activate(job.pk).status_code == 200
    depot = holder.call("GET", f"/agent/v1/jobs/{job.pk}/token/depot").json()
    kept = desk.token().sealed_etk
    assert kept is not None, "seen first in the depot"
    assert base64.b64decode(depot["etk"]) == unseal(kept)


def test_another_key_is_not_taken_over(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    lost_completion(desk, government)
    other = desk.encryption_certificate(make_challenge(desk.encryption_key.public_key(), b"\x07" * 16))
    answer = desk.complete(other)
    assert (answer.status_code, answer.json()["code"]) == (409, "government_refused")
    assert desk.token().state == TokenState.STARTED


def test_a_refusal_carries_the_answer_as_it_was(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    fault(government, "refused:SOMETHING_NEW", "StartETKRegistration")
    answer = desk.start()
    assert answer.status_code == 409
    assert answer.json()["code"] == "government_refused"
    assert answer.json()["codes"] == ["SOMETHING_NEW"]


def test_only_the_certificates_own_key_may_sign(hospital: Hospital, holder: Holder) -> None:
    desk, other = issued(hospital, holder), issued(hospital, holder)
    foreign = other.signer.start_registration(desk.encryption_key.public_key())
    answer = desk.send("start", foreign)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_certificate")
    wrong_message = desk.send("start", desk.signer.activation())
    assert (wrong_message.status_code, wrong_message.json()["code"]) == (422, "request_malformed")
    never_started = desk.complete(other.register())
    assert (never_started.status_code, never_started.json()["code"]) == (404, "token_unknown")


def test_nobody_else_reaches_the_token(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk = issued(hospital, holder)
    make_hospital(name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361")
    luc = Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois"))
    assert luc.enrol().status_code == 201
    data = desk.signer.start_registration(desk.encryption_key.public_key())
    answer = luc.call("POST", f"/agent/v1/jobs/{desk.job}/token/start", {"request": b64(data)})
    assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
    check = luc.call("POST", "/agent/v1/checks", {"fingerprint": desk.certificate.fingerprint})
    assert (check.status_code, check.json()["code"]) == (404, "job_unknown")
