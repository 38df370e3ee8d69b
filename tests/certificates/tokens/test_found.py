"""Tokens that were not made here: found in the depot, made for a store that exists, known from the record."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.tokens import TokenState
from certificates.errors.tokens import TokenNotFound
from certificates.models import AgentJob, EncryptionToken
from certificates.models.job import JobState
from certificates.services.signing.gateways import depot_of, token_gateway_of
from certificates.services.tokens.find import find_token
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.stages import fault, now
from tests.certificates.tokens.desk import Desk, issued, near_its_end
from tests.certificates.tokens.test_activation import renewal
from tests.certificates.tokens.test_tokens import events
from tests.support.holder import Holder, b64
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess


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
    with acting_for([desk.hospital.organisation.pk], as_platform=True):
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
    with acting_for([hospital.organisation.pk], as_platform=True):
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
