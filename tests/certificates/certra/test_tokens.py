"""Encryption tokens and their depot: the real clients, the sandbox, requests of a foreign hand."""

import base64
import hashlib
from pathlib import Path

import pytest
import pytest_django
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.wire.jobs import Identifier
from certificates.certra.depot import DepotClient
from certificates.certra.errors import OutcomeUnknown, Rejected, Transient
from certificates.certra.tokens import EtkraClient
from certificates.services.signing.gateways import depot_of, token_gateway_of
from tests.certificates.certra.answering import UNHURRIED, answering, certra_answer, depot_answer
from tests.certificates.certra.wires import listening
from tests.certificates.signing import signed_requests
from tests.certificates.signing.signed_requests import an, new_application_id
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL
from tests.sandbox.tokens.messages import (
    System,
    b64,
    encryption_certificate,
    open_token,
    register,
    spki,
    system,
)
from tests.support.sandbox import SandboxProcess

DAY = 86400
WHO = Identifier(*HOSPITAL)


def start(holder: System, key: rsa.RSAPrivateKey) -> bytes:
    content = f"<r:PublicEncryptionKey>{b64(spki(key))}</r:PublicEncryptionKey>"
    return signed_requests.by_system(holder, "StartETKRegistration", content)


@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_from_an_offered_key_to_the_depot(
    government: SandboxProcess, environment: str, tmp_path: Path
) -> None:
    name = new_application_id()
    holder = system(government, an(government), name, environment)
    gateway, key = token_gateway_of(environment), messages.new_key()
    challenge = gateway.start_token(start(holder, key))
    assert len(challenge) == 288
    serial = key.decrypt(challenge[:256], padding.PKCS1v15())
    assert hashlib.sha256(serial).digest() == challenge[256:]
    assert depot_of(environment).token_of(WHO, name) is None, "nothing yet"
    certificate = encryption_certificate(holder, key, int.from_bytes(serial, "big"))
    registered = gateway.complete_token(signed_requests.complete(holder, certificate))
    assert registered.to_be_activated is False
    assert open_token(registered.etk, government.pki / environment / "root.pem", tmp_path) == certificate
    assert depot_of(environment).token_of(WHO, name) == registered.etk
    again = gateway.complete_token(signed_requests.complete(holder, certificate))
    assert again.etk == registered.etk, "a lost answer is had by sending again"
    with pytest.raises(Rejected) as refused:
        gateway.activate_token(signed_requests.activate(holder))
    assert refused.value.codes == ("ETK_ALREADY_ACTIVE",)


def test_a_replacement_waits_and_is_activated(government: SandboxProcess) -> None:
    name = new_application_id()
    government.control_post("/control/clock", {"offset_seconds": -1020 * DAY})
    try:
        old = system(government, an(government), name)
        register(old)
    finally:
        government.control_post("/control/clock", {"offset_seconds": 0})
    first = depot_of("production").token_of(WHO, name)
    new, key = system(government, an(government), name), messages.new_key()
    challenge = token_gateway_of("production").start_token(start(new, key))
    serial = int.from_bytes(key.decrypt(challenge[:256], padding.PKCS1v15()), "big")
    signed = signed_requests.complete(new, encryption_certificate(new, key, serial))
    registered = token_gateway_of("production").complete_token(signed)
    assert registered.to_be_activated is True
    assert depot_of("production").token_of(WHO, name) == first
    token_gateway_of("production").activate_token(signed_requests.activate(new))
    assert depot_of("production").token_of(WHO, name) == registered.etk != first


def test_a_refusal_names_the_field_that_is_wrong(government: SandboxProcess) -> None:
    holder = system(government, an(government), new_application_id())
    token_gateway_of("production").start_token(start(holder, messages.new_key()))
    with pytest.raises(Rejected) as refused:
        token_gateway_of("production").complete_token(signed_requests.complete(holder))
    assert refused.value.answers[0].code == "INVALID_ENCRYPTION_CERTIFICATE"
    assert refused.value.answers[0].parameters == (("Field", "Encoding"),)


def test_tokens_of_others_under_the_same_number_are_not_ours(government: SandboxProcess) -> None:
    """The depot offers whom one could mean; only the one that was meant counts."""
    labo, apo = (new_application_id() for _ in range(2))
    for name in (labo, apo):
        register(system(government, an(government), name, owner=("NIHII-HOSPITAL", "71000436")))
    who = Identifier("NIHII-HOSPITAL", "71000436")
    depot = depot_of("production")
    assert depot.token_of(who) is None
    found = {depot.token_of(who, name) for name in (labo, apo)}
    assert len(found) == 2
    assert None not in found


# --- what the sandbox would never say


def depot_at(port: int) -> DepotClient:
    return DepotClient(f"http://127.0.0.1:{port}", UNHURRIED, not_found_codes=["ETK_NOT_FOUND"])


def offered(*who: tuple[str, ...]) -> str:
    tags = ("Type", "Value", "ApplicationID")
    return "".join(
        "<d:MatchingEtk><d:Identifier>"
        + "".join(f"<d:{tag}>{text}</d:{tag}>" for tag, text in zip(tags, one, strict=False))
        + "</d:Identifier></d:MatchingEtk>"
        for one in who
    )


def given(content: str) -> str:
    asked = "<d:Identifier><d:Type>CBE</d:Type><d:Value>0406798006</d:Value></d:Identifier>"
    return f"<d:GivenSearchCriteria>{asked}</d:GivenSearchCriteria>{content}"


def test_of_several_matches_the_one_that_was_meant_is_asked_for_again() -> None:
    answers = [
        depot_answer(given(offered((*HOSPITAL, "LABO"), HOSPITAL))),
        depot_answer(given(f"<d:ETK>{b64(b'a token')}</d:ETK>")),
    ]

    def answer(connection: object, body: bytes) -> None:
        answering(answers.pop(0))(connection, body)

    with listening(answer) as server:
        assert depot_at(server.port).token_of(WHO) == b"a token"
        assert len(server.heard) == 2


def test_a_depot_that_goes_on_offering_is_not_asked_for_ever() -> None:
    with listening(answering(depot_answer(given(offered(HOSPITAL, (*HOSPITAL, "LABO")))))) as server:
        with pytest.raises(Rejected, match="all again"):
            depot_at(server.port).token_of(WHO)
        assert len(server.heard) == 2


def error(code: str) -> str:
    return f"<d:Error><d:Code>{code}</d:Code><d:Message>why</d:Message></d:Error>"


@pytest.mark.parametrize(
    ("content", "code", "codes"),
    [
        (given(error("STRANGE")), "200", ("STRANGE",)),
        (given(error("ETK_NOT_FOUND") + error("STRANGE")), "200", ("ETK_NOT_FOUND", "STRANGE")),
        ("", "500", ("500",)),
        ("", "", ("",)),
    ],
)
def test_codes_of_the_depot_are_kept(content: str, code: str, codes: tuple[str, ...]) -> None:
    with listening(answering(depot_answer(content, code=code))) as server, pytest.raises(Rejected) as refused:
        depot_at(server.port).token_of(WHO)
    assert refused.value.codes == codes
    assert refused.value.answers[0].message in {"why", "a word"}


@pytest.mark.parametrize(
    "content",
    [
        given("<d:ETK>****</d:ETK>"),
        given("<d:ETK></d:ETK>"),
        given("<d:ETK>QQ==</d:ETK>" * 2),
        given("<d:Other/>"),
        "<d:ETK>QQ==</d:ETK>",
    ],
)
def test_a_depot_that_cannot_be_read_is_asked_again(content: str) -> None:
    with listening(answering(depot_answer(content))) as server, pytest.raises(Transient):
        depot_at(server.port).token_of(WHO)


def test_an_empty_answer_of_the_depot_is_no_token() -> None:
    with listening(answering(depot_answer(given("")))) as server:
        assert depot_at(server.port).token_of(WHO) is None


def test_the_depot_is_asked_as_it_wants() -> None:
    with listening(answering(depot_answer(given(error("ETK_NOT_FOUND"))))) as server:
        assert depot_at(server.port).token_of(WHO, "LABO") is None
        head, _, body = server.heard[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST /EtkDepot/v1 ")
    assert 'SOAPAction: ""' in head
    assert "IssueInstant" not in body
    assert "ApplicationID>LABO<" in body


def test_which_codes_mean_none_is_configuration(
    government: SandboxProcess, settings: pytest_django.Settings
) -> None:
    settings.ETKDEPOT_NOT_FOUND_CODES = ["SOMETHING_ELSE"]
    with pytest.raises(Rejected) as refused:
        depot_of("production").token_of(WHO, new_application_id())
    assert refused.value.codes == ("ETK_NOT_FOUND",)


@pytest.mark.parametrize(
    ("operation", "call", "content"),
    [
        ("StartETKRegistration", "start_token", ""),
        ("StartETKRegistration", "start_token", "<r:Challenge></r:Challenge>"),
        ("StartETKRegistration", "start_token", "<r:Challenge>QQ</r:Challenge>"),
        ("CompleteETKRegistration", "complete_token", ""),
        ("CompleteETKRegistration", "complete_token", "<r:ETK/><r:ToBeActivated>1</r:ToBeActivated>"),
        ("CompleteETKRegistration", "complete_token", "<r:ETK>QQ==</r:ETK>"),
        ("ActivateETK", "activate_token", "<r:More/>"),
    ],
)
def test_an_answer_about_a_token_that_makes_no_sense(operation: str, call: str, content: str) -> None:
    with listening(answering(certra_answer(operation, content, prefix="r"))) as server:
        client = EtkraClient(f"http://127.0.0.1:{server.port}", UNHURRIED)
        with pytest.raises(OutcomeUnknown):
            getattr(client, call)(b"<x/>")
        assert len(server.heard) == 1


def test_a_folded_token_is_read() -> None:
    token = base64.encodebytes(b"t" * 100).decode()
    content = f"<r:ETK>{token}</r:ETK><r:ToBeActivated> true </r:ToBeActivated>"
    with listening(answering(certra_answer("CompleteETKRegistration", content, prefix="r"))) as server:
        client = EtkraClient(f"http://127.0.0.1:{server.port}", UNHURRIED)
        found = client.complete_token(b"<x/>")
    assert (found.etk, found.to_be_activated) == (b"t" * 100, True)
