"""Encryption tokens on the server: registered once, kept sealed, activated, proven; the government is the sandbox."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.tokens import ACTIVATION_REMINDER, TokenState
from certificates.errors.requests import HolderWithoutMandate
from certificates.errors.tokens import TokenNotFound, TokenRefused
from certificates.models import AgentJob, ContinuityProof, EncryptionToken
from certificates.models.job import JobKind, JobState
from certificates.services.signing.gateways import depot_of, token_gateway_of
from certificates.services.tokens.activate import ask_for, holder_for
from certificates.services.tokens.find import find_token
from organisations.models import AuditEvent, Mandate
from organisations.sealing import unseal
from organisations.services.audit import Actor
from organisations.services.mandates import give_mandate
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.stages import fault, now, tag
from tests.certificates.tokens.desk import Desk, issued, near_its_end
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


def renewal(hospital: Hospital, holder: Holder, government: SandboxProcess) -> tuple[Desk, Desk]:
    """A certificate near its end with its token, and the one that takes its place, whose token waits."""
    name = tag()
    old = near_its_end(hospital, holder, government, application_id=name)
    old.register()
    new = issued(hospital, holder, application_id=name)
    new.register()
    return old, new


def confirm(desk: Desk) -> None:
    path = f"/agent/v1/jobs/{desk.job}/token/stored"
    assert desk.holder.call("POST", path, {"serial": desk.token().serial}).status_code == 200


def activation_of(desk: Desk) -> AgentJob:
    with acting_for([desk.hospital.organisation.pk]):
        actor = Actor.user(desk.hospital.administrator)
        return ask_for(
            desk.token(), JobKind.ACTIVATE_TOKEN, holder=desk.hospital.holder, actor=actor, now=now()
        )


def test_each_step_is_taken_with_the_job_that_is_for_it(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    check = holder.call("POST", "/agent/v1/checks", {"fingerprint": new.certificate.fingerprint}).json()[
        "job_id"
    ]
    refused = [
        new.activate(),
        new.activate(check),
        new.send("start", new.signer.start_registration(new.encryption_key.public_key()), check),
        new.send("complete", new.signer.activation(), check),
        holder.call("POST", f"/agent/v1/jobs/{check}/token/stored", {"serial": new.token().serial}),
        holder.call("POST", f"/agent/v1/jobs/{check}/stored", {"fingerprint": "", "format": "modern"}),
        holder.call("POST", f"/agent/v1/jobs/{check}/decline", {"reason": ""}),
        holder.call("GET", f"/agent/v1/jobs/{check}/outcome"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "job_unknown")] * 8
    assert new.token().state == TokenState.WAITING


def test_a_token_that_was_replaced_does_not_take_the_depot_back(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    confirm(new)
    job = activation_of(new)
    with acting_for([hospital.organisation.pk]):
        EncryptionToken.objects.filter(pk=new.token().pk).update(state=TokenState.REPLACED)
    answer = new.activate(job.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "token_refused")
    sent = [line["operation"] for line in government.control_get("/control/received")]
    assert sent[-1] != "ActivateETK"


def test_without_a_mandate_today_no_token_is_made_or_activated(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    _, new = renewal(hospital, holder, government)
    confirm(new)
    job, fresh = activation_of(new), issued(hospital, holder)
    with acting_for([hospital.organisation.pk]):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(withdrawn_on=now().date() - timedelta(days=1))
    for answer in (new.activate(job.pk), fresh.start()):
        assert (answer.status_code, answer.json()["code"]) == (409, "mandate_ended")
    assert new.token().state == TokenState.WAITING
    with acting_for([hospital.organisation.pk]):
        administrator = hospital.administrator
        assert holder_for(new.certificate, asked_by=administrator, now=now()) is None
        by = Actor.user(administrator)
        luc = add_person(
            hospital.organisation, first_names="Luc", name="Dubois", ssin="93051822361", actor=by, now=now()
        )
        give_mandate(
            hospital.organisation,
            person=luc,
            identifier=hospital.identifier,
            starts_on=now().date(),
            actor=by,
            now=now(),
        )
        assert holder_for(new.certificate, asked_by=administrator, now=now()) == luc
        with pytest.raises(HolderWithoutMandate):
            ask_for(new.token(), JobKind.CHECK_TOKEN, holder=hospital.holder, actor=Actor.user(administrator),
                    now=now())  # fmt: skip


def test_activation_switches_and_is_done_once(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    old, new = renewal(hospital, holder, government)
    token = new.token()
    assert (token.state, token.to_be_activated) == (TokenState.WAITING, True)
    assert old.token().state == TokenState.ACTIVE
    assert not token.waits_too_long(token.state_since + ACTIVATION_REMINDER - timedelta(seconds=1))
    assert token.waits_too_long(token.state_since + ACTIVATION_REMINDER)
    with acting_for([hospital.organisation.pk]):
        actor = Actor.user(hospital.administrator)
        with pytest.raises(TokenRefused):  # no key store holds its key yet
            ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
    confirm(new)
    with acting_for([hospital.organisation.pk]):
        job = ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
        same = ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
    assert job.pk == same.pk, "two clicks are one job"
    document = holder.call("GET", f"/agent/v1/jobs/{job.pk}").json()
    assert (document["kind"], document["token"]["serial"]) == ("activate-token", token.serial)
    fault(government, "drop-after-commit", "ActivateETK")
    assert new.activate(job.pk).status_code == 503
    assert new.activate(job.pk).status_code == 200, "done before counts as done"
    assert new.token().state == TokenState.ACTIVE
    assert old.token().state == TokenState.REPLACED
    with acting_for([hospital.organisation.pk]):
        assert AgentJob.objects.get(pk=job.pk).state == JobState.DONE
    assert events(new)[-1] == "token_activated"
    assert events(old)[-1] == "token_replaced"
    depot = holder.call("GET", f"/agent/v1/jobs/{new.job}/token/depot").json()
    kept = new.token().sealed_etk
    assert kept is not None
    assert base64.b64decode(depot["etk"]) == unseal(kept)
    assert len(depot["trust_anchors"]) == 1


def test_what_cannot_be_asked_for(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    desk.start()
    token, actor = desk.token(), Actor.user(hospital.administrator)
    with acting_for([hospital.organisation.pk]):
        for kind in (JobKind.ACTIVATE_TOKEN, JobKind.CHECK_TOKEN):
            with pytest.raises(TokenRefused):
                ask_for(token, kind, holder=hospital.holder, actor=actor, now=now())
    desk.register()
    token = desk.token()
    with acting_for([hospital.organisation.pk]):
        with pytest.raises(TokenRefused):
            ask_for(token, JobKind.ACTIVATE_TOKEN, holder=hospital.holder, actor=actor, now=now())
        hospital.holder.left_on = now().date()
        hospital.holder.save()
        with pytest.raises(HolderWithoutMandate):
            ask_for(token, JobKind.CHECK_TOKEN, holder=hospital.holder, actor=actor, now=now())


@pytest.mark.parametrize(
    ("finding", "passed"),
    [
        ("ok", True),
        ("other_token", False),
        ("replaced", False),
        ("key_missing", False),
        ("not_opened", False),
    ],
)
def test_the_continuity_proof_is_kept_with_date_and_device(
    hospital: Hospital, holder: Holder, finding: str, passed: bool
) -> None:
    desk = issued(hospital, holder)
    made = desk.register()
    asked = holder.call("POST", "/agent/v1/checks", {"fingerprint": desk.certificate.fingerprint})
    assert asked.status_code == 201
    job = asked.json()["job_id"]
    assert holder.call("GET", f"/agent/v1/jobs/{job}").json()["kind"] == "check-token"
    body = {"finding": finding, "serial": str(made.serial_number)}
    assert holder.call("POST", f"/agent/v1/jobs/{job}/token/proof", body).json() == {"passed": passed}
    with acting_for([hospital.organisation.pk]):
        proof = ContinuityProof.objects.get(certificate=desk.certificate)
        assert (proof.passed, proof.finding, proof.device_label) == (passed, finding, "desk of the test")
        assert AgentJob.objects.get(pk=job).state == JobState.DONE


@pytest.mark.parametrize(
    "body",
    [
        {"finding": "ok", "serial": ""},
        {"finding": "ok", "serial": "7"},
        {"finding": "fine"},
        {"finding": "ok", "serial": "1" * 41},
        {"finding": "ok", "serial": "٣"},
        {},
    ],
)
def test_a_proof_that_no_agent_makes_is_refused(
    hospital: Hospital, holder: Holder, body: dict[str, str]
) -> None:
    desk = issued(hospital, holder)
    desk.register()
    answer = holder.call("POST", f"/agent/v1/jobs/{desk.job}/token/proof", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "proof_malformed")


def test_the_governments_own_word_is_asked_with_the_certificates_key(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    desk, other = near_its_end(hospital, holder, government), issued(hospital, holder)
    desk.register()

    def ask(data: bytes) -> Any:
        return holder.call("POST", f"/agent/v1/jobs/{desk.job}/own-record", {"request": b64(data)})

    answer = ask(desk.signer.own_record())
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["token_status"]) == ("VALID_ACTIVE", "VALID_ACTIVE")
    certificate = desk.certificate
    assert certificate.government_status == "VALID_ACTIVE"
    assert certificate.replaceable_from == certificate.not_after - timedelta(days=90)
    foreign = ask(other.signer.own_record())
    assert (foreign.status_code, foreign.json()["code"]) == (422, "wrong_certificate")
    fault(government, "http-503", "GetCertificateInfoForAuthenticationCertificate")
    assert ask(desk.signer.own_record()).json()["code"] == "government_unavailable"


def forgotten(desk: Desk) -> None:
    """As if the certificate had been made elsewhere and imported: no token of it is known here."""
    with acting_for([desk.hospital.organisation.pk]):
        EncryptionToken.objects.filter(certificate=desk.certificate).delete()


def test_a_token_that_was_made_elsewhere_is_found_in_the_depot(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    made = desk.register()
    forgotten(desk)
    depot, actor = depot_of("production"), Actor.user(hospital.administrator)
    for _ in range(2):
        find_token(desk.certificate, depot, actor=actor, now=now())
    token = desk.token()
    assert (token.state, token.serial, token.stored_at) == (TokenState.ACTIVE, str(made.serial_number), None)
    assert events(desk)[-1] == "token_found"
    asked = holder.call("POST", "/agent/v1/checks", {"fingerprint": desk.certificate.fingerprint})
    path = f"/agent/v1/jobs/{asked.json()['job_id']}/token/proof"
    assert holder.call("POST", path, {"finding": "ok", "serial": token.serial}).json() == {"passed": True}
    assert desk.token().stored_at is not None, "what opened the message is in a key store"


def test_the_self_test_looks_in_the_depot_first(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    asked = holder.call("POST", "/agent/v1/checks", {"fingerprint": desk.certificate.fingerprint})
    assert (asked.status_code, asked.json()["code"]) == (404, "token_not_found")
    desk.register()
    forgotten(desk)
    asked = holder.call("POST", "/agent/v1/checks", {"fingerprint": desk.certificate.fingerprint})
    assert asked.status_code == 201
    assert desk.token().state == TokenState.ACTIVE


def test_the_token_of_another_certificate_is_not_taken(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    new = renewal(hospital, holder, government)[1]
    forgotten(new)
    depot, actor = depot_of("production"), Actor.user(hospital.administrator)
    with pytest.raises(TokenNotFound):
        find_token(new.certificate, depot, actor=actor, now=now())


def test_a_token_is_made_for_a_key_store_that_is_there_already(hospital: Hospital, holder: Holder) -> None:
    desk = issued(hospital, holder)
    asked = holder.call("POST", "/agent/v1/tokens", {"fingerprint": desk.certificate.fingerprint})
    assert asked.status_code == 201, asked.content
    job = asked.json()["job_id"]
    again = holder.call("POST", "/agent/v1/tokens", {"fingerprint": desk.certificate.fingerprint})
    assert again.json()["job_id"] == job, "asked twice is one job"
    document = holder.call("GET", f"/agent/v1/jobs/{job}").json()
    assert document["kind"] == "make-token"
    assert document["certificate"]["fingerprint"] == desk.certificate.fingerprint
    key = desk.signer.start_registration(desk.encryption_key.public_key())
    challenge = base64.b64decode(desk.send("start", key, job).json()["challenge"])
    made = desk.encryption_certificate(challenge)
    handed_in = desk.signer.complete_registration(made.public_bytes(Encoding.DER))
    assert desk.send("complete", handed_in, job).status_code == 200
    serial = {"serial": str(made.serial_number)}
    assert holder.call("POST", f"/agent/v1/jobs/{job}/token/stored", serial).status_code == 200
    assert holder.call("GET", f"/agent/v1/jobs/{job}/token/depot").json()["etk"] is not None
    with acting_for([hospital.organisation.pk]):
        assert AgentJob.objects.get(pk=job).state == JobState.DONE
    refused = holder.call("POST", "/agent/v1/tokens", {"fingerprint": desk.certificate.fingerprint})
    assert (refused.status_code, refused.json()["code"]) == (409, "token_refused")


def test_a_token_activated_by_other_software_is_known_from_the_governments_record(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    old, new = renewal(hospital, holder, government)
    token_gateway_of("production").activate_token(new.signer.activation())
    assert new.token().state == TokenState.WAITING
    path = f"/agent/v1/jobs/{new.job}/own-record"
    told = holder.call("POST", path, {"request": b64(new.signer.own_record())})
    assert told.status_code == 200
    assert (new.token().state, old.token().state) == (TokenState.ACTIVE, TokenState.REPLACED)
