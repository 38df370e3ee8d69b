"""The agent's proof that a certificate logs in, against the token service of the sandbox: each way it can go wrong."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509

from agent.pkcs12 import Contents
from agent.sessions.proof import Login, prove_login
from agent.stores.contents import AuthenticationEntry, authentication_entry, new_contents
from agent.wire.link.sessions import VERDICTS, SessionPlace, SessionProof
from agent.wire.pki.keys import certificate_fingerprint
from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox.sessions.messages import CBE_PAIR, HOSPITAL_PAIR, SAML_PATH
from tests.sandbox.sessions.test_saml import iam
from tests.sandbox.tokens.messages import System, system
from tests.support.sandbox import SandboxProcess

RECOGNISED = "urn:be:fgov:ehealth:1.0:certificateholder:hospital:nihii-number:recognisedhospital:boolean"


def place_of(sandbox: SandboxProcess, environment: str = "production") -> SessionPlace:
    """Where the agent is sent, as a server would say it: over JSON."""
    pems = [(sandbox.pki / environment / f"{name}.pem").read_bytes() for name in ("root", "issuing")]
    place = SessionPlace(
        "production" if environment == "production" else "acceptance",
        getattr(sandbox, environment) + SAML_PATH,
        tuple(iam(sandbox, environment)),
        tuple(x509.load_pem_x509_certificate(pem) for pem in pems),
    )
    return SessionPlace.from_json(json.loads(json.dumps(place.to_json())))


def store_of(holder: System) -> tuple[Contents, AuthenticationEntry]:
    contents = new_contents(holder.key, holder.chain[0], holder.chain[1:])
    return contents, authentication_entry(contents)


def verdict(login: Login) -> str:
    assert login.proof.verdict in VERDICTS
    assert SessionProof.from_json(json.loads(json.dumps(login.proof.to_json()))) == login.proof
    return login.proof.verdict


@pytest.fixture
def hospital(sandbox: SandboxProcess, cards: dict[str, Identity]) -> System:
    return system(sandbox, cards["an"])


def switch(sandbox: SandboxProcess, kind: str) -> None:
    sandbox.control_post(
        "/control/faults", {"kind": kind, "environment": "production", "operation": "RequestSecureToken"}
    )


def test_a_good_certificate_logs_in(sandbox: SandboxProcess, hospital: System) -> None:
    place = place_of(sandbox)
    login = prove_login(place, *store_of(hospital))
    assert verdict(login) == "ok"
    proof = login.proof
    assert proof.signer == certificate_fingerprint(place.signers[-1])
    assert proof.not_before is not None
    assert proof.not_on_or_after is not None
    assert (proof.not_on_or_after - proof.not_before).total_seconds() == 65 * 60
    assert dict(proof.attributes) == dict.fromkeys(CBE_PAIR, "0406798006")
    assert not proof.weak_signature
    assert len(proof.digest or "") == 64


def test_recognition_is_told_and_a_loss_of_it_is_no_failed_login(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    owner = ("NIHII-HOSPITAL", "71000436")
    store = store_of(system(sandbox, cards["an"], owner=owner))
    login = prove_login(place_of(sandbox), *store)
    said = dict(login.proof.attributes)
    assert said[RECOGNISED] == "true"
    assert said[HOSPITAL_PAIR[0]] == owner[1]
    assert not login.not_recognised
    source = sandbox.control_get("/control/source")
    for organisation in source["organisations"]:
        organisation["identifiers"] = [i for i in organisation["identifiers"] if i["value"] != owner[1]]
    sandbox.control_post("/control/source", source, method="PUT")
    login = prove_login(place_of(sandbox), *store)
    assert verdict(login) == "ok"
    assert login.not_recognised


def test_nothing_of_a_person_is_reported(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    ssin = cards["luc"].person.ssin
    login = prove_login(place_of(sandbox), *store_of(system(sandbox, cards["luc"], owner=("SSIN", ssin))))
    assert verdict(login) == "ok"
    assert login.proof.attributes == ()
    assert ssin not in json.dumps(login.proof.to_json())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("http-503", "unavailable"),
        ("soa-02002", "unavailable"),
        ("slow:0.1", "ok"),
        ("hang", "no_answer"),
        ("drop-before-commit", "unreachable"),
        ("refused", "refused"),
        ("wss-fault", "fault"),
        ("soa-01001", "fault"),
        ("revoked", "certificate_refused"),
        ("expired-token", "not_valid_now"),
        ("wrong-signer", "signer_unknown"),
        ("wrong-hok", "other_key"),
        ("changed-value", "signature_invalid"),
        ("other-identity", "other_identity"),
        ("no-attributes", "attributes_missing"),
        ("wrong-in-response-to", "other_answer"),
        ("two-tokens", "token_malformed"),
        ("wrapped-token", "token_malformed"),
        ("not-xml", "answer_malformed"),
        ("wrong-element", "answer_malformed"),
        ("dtd-bomb", "answer_malformed"),
        ("oversized", "answer_malformed"),
        ("truncated", "unreachable"),
    ],
)
def test_each_fault_has_its_verdict(
    sandbox: SandboxProcess, hospital: System, kind: str, expected: str
) -> None:
    switch(sandbox, kind)
    seconds = 1.5 if kind == "hang" else 60
    login = prove_login(place_of(sandbox), *store_of(hospital), seconds=seconds)
    assert verdict(login) == expected
    if expected != "ok":
        assert (login.proof.digest, login.proof.signer, login.proof.attributes) == (None, None, ())


def test_a_signature_by_sha1_is_taken_and_told(sandbox: SandboxProcess, hospital: System) -> None:
    switch(sandbox, "sha1-token")
    login = prove_login(place_of(sandbox), *store_of(hospital))
    assert verdict(login) == "ok"
    assert login.proof.weak_signature


@pytest.mark.parametrize("hours", [3, -3])
def test_a_wrong_clock_is_told_apart(sandbox: SandboxProcess, hospital: System, hours: int) -> None:
    store, place = store_of(hospital), place_of(sandbox)
    sandbox.control_post("/control/clock", {"offset_seconds": hours * 3600})
    login = prove_login(place, *store)
    assert verdict(login) == "clock"
    assert abs(login.proof.clock_seconds - hours * 3600) < 600


def test_a_revoked_certificate_is_refused(sandbox: SandboxProcess, hospital: System) -> None:
    sandbox.control_post(f"/control/certificates/production/{hospital.pki}/revoke")
    login = prove_login(place_of(sandbox), *store_of(hospital))
    assert verdict(login) == "certificate_refused"
    assert "revoked" in login.said


def test_a_certificate_is_never_sent_to_the_other_environment(
    sandbox: SandboxProcess, hospital: System, cards: dict[str, Identity]
) -> None:
    here, there = place_of(sandbox), place_of(sandbox, "acceptance")
    mixed = replace(there, environment="production")  # only the authorities are those of the other one
    before = len(sandbox.control_get("/control/received"))
    assert verdict(prove_login(there, *store_of(hospital))) == "wrong_environment"
    assert verdict(prove_login(mixed, *store_of(hospital))) == "wrong_environment"
    test = system(sandbox, cards["an"], environment="acceptance")
    asked = len(sandbox.control_get("/control/received"))
    assert verdict(prove_login(here, *store_of(test))) == "wrong_environment"
    received = sandbox.control_get("/control/received")
    assert len(received) == asked >= before
    assert not [one for one in received if one["operation"] == "RequestSecureToken"]
    assert verdict(prove_login(there, *store_of(test))) == "ok"


def test_a_new_signer_is_taken_once_it_is_known(sandbox: SandboxProcess, hospital: System) -> None:
    before = place_of(sandbox)
    sandbox.control_post("/control/iam/production/rotate")
    assert verdict(prove_login(before, *store_of(hospital))) == "signer_unknown"
    login = prove_login(place_of(sandbox), *store_of(hospital))
    assert verdict(login) == "ok"
    assert login.proof.signer == certificate_fingerprint(iam(sandbox)[-1])


def test_a_type_without_known_attributes_is_not_asked_about(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    holder = system(sandbox, cards["an"], owner=("NIHII-HOSPITAL", "71000436"))
    entry = store_of(holder)[1]
    certificate = entry.certificate
    assert "NIHII-HOSPITAL" in certificate.subject.rfc4514_string()
    source = sandbox.control_get("/control/source")
    source["organisations"][0]["identifiers"].append({"type": "NIHII-RETIREMENT", "value": "76000123"})
    sandbox.control_post("/control/source", source, method="PUT")
    other = system(sandbox, cards["an"], owner=("NIHII-RETIREMENT", "76000123"))
    assert verdict(prove_login(place_of(sandbox), *store_of(other))) == "identity_unknown"


class Between:
    """Stands between agent and platform, and changes what comes back."""

    def __init__(self, behind: str) -> None:
        self.change: Callable[[bytes], bytes] = lambda body: body
        between = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in ("Content-Type", "SOAPAction")}
                asked = urllib.request.Request(behind, data, headers)  # noqa: S310  the sandbox's own address
                with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  as above
                    body = between.change(answer.read())
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@pytest.fixture
def between(sandbox: SandboxProcess) -> Iterator[Between]:
    found = Between(sandbox.production + SAML_PATH)
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_no_changed_byte_of_a_token_passes(
    sandbox: SandboxProcess, hospital: System, between: Between
) -> None:
    place = replace(place_of(sandbox), address=between.url)
    store = store_of(hospital)
    assert verdict(prove_login(place, *store)) == "ok"
    begin = length = 0

    def measure(body: bytes) -> bytes:
        nonlocal begin, length
        begin = body.index(b"<Assertion")
        length = body.index(b"</Assertion>") - begin
        return body

    between.change = measure
    prove_login(place, *store)
    step = max(1, length // 60)
    for at in range(begin + 1, begin + length, step):

        def flip(body: bytes, at: int = at) -> bytes:
            letter = body[at : at + 1]
            other = b"B" if letter != b"B" else b"C"
            return body[:at] + other + body[at + 1 :]

        between.change = flip
        assert verdict(prove_login(place, *store)) not in ("ok", "no_answer", "unreachable"), at


def _moved_aside(body: bytes) -> bytes:
    """A false assertion in the token's place, and the signed one elsewhere in the envelope."""
    begin, end = body.index(b"<Assertion"), body.index(b"</Assertion>") + len(b"</Assertion>")
    signed = body[begin:end]
    false = signed.replace(b"0406798006", b"0809394427").replace(b'AssertionID="_', b'AssertionID="_0')
    header = b"<soap:Header>" + signed + b"</soap:Header>"
    return body[:begin].replace(b"<soap:Body>", header + b"<soap:Body>") + false + body[end:]


def _in_extension(body: bytes) -> bytes:
    """The signed assertion inside the status of an answer whose own assertion is another."""
    begin, end = body.index(b"<Assertion"), body.index(b"</Assertion>") + len(b"</Assertion>")
    signed = body[begin:end]
    false = signed[: signed.index(b"<ds:Signature")] + b"</Assertion>"
    detail = b"<samlp:StatusDetail>" + signed + b"</samlp:StatusDetail></samlp:Status>"
    return (
        body[:begin].replace(b"</samlp:Status>", detail)
        + false.replace(b"0406798006", b"0809394427")
        + body[end:]
    )


def _same_id_twice(body: bytes) -> bytes:
    """Another element that bears the identifier that was signed."""
    begin = body.index(b'AssertionID="') + len(b'AssertionID="')
    identifier = body[begin : body.index(b'"', begin)]
    return body.replace(b"<samlp:Status>", b'<samlp:Status Id="' + identifier + b'">')


def _without_signature(body: bytes) -> bytes:
    return (
        body[: body.index(b"<ds:Signature")]
        + body[body.index(b"</ds:Signature>") + len(b"</ds:Signature>") :]
    )


def _with_entity(body: bytes) -> bytes:
    at = body.index(b"<soap:Envelope")
    return b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + body[at:]


def _commented(body: bytes) -> bytes:
    """A comment in the middle of a value: what is read stays what was signed."""
    return body.replace(b"0406798006<", b"0406<!-- x -->798006<")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_moved_aside, "token_malformed"),
        (_in_extension, "token_malformed"),
        (_same_id_twice, "token_malformed"),
        (_without_signature, "token_malformed"),
        (_with_entity, "answer_malformed"),
        (_commented, "ok"),
    ],
)
def test_a_token_is_read_only_where_it_was_signed(
    sandbox: SandboxProcess,
    hospital: System,
    between: Between,
    change: Callable[[bytes], bytes],
    expected: str,
) -> None:
    between.change = change
    assert (
        verdict(prove_login(replace(place_of(sandbox), address=between.url), *store_of(hospital))) == expected
    )


def test_nobody_listening_is_unreachable(sandbox: SandboxProcess, hospital: System, tmp_path: Path) -> None:
    place = replace(place_of(sandbox), address="http://127.0.0.1:9/")
    assert verdict(prove_login(place, *store_of(hospital))) == "unreachable"
