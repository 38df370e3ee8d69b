"""The gateway against everything that can come back, or not: which outcome it is, and what was said is kept."""

import base64
import gzip
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import zeep

from agent.wire.errors import MalformedXml
from agent.wire.jobs import CertificateContent, ContactData, Contract, Identifier, LocalisedText, Signer
from agent.wire.pki.keys import make_csr
from agent.wire.pki.names import ehealth_dn
from agent.wire.xml.request import build_generate_certificate
from agent.wire.xml.signature import sign_enveloped
from certificates.certra import services, soap
from certificates.certra.client import CertraClient
from certificates.certra.errors import CertraError, OutcomeUnknown, Rejected, Transient
from certificates.certra.gateway import ContractWish
from certificates.certra.requests import check_request
from certificates.certra.services import CERTRA, DEPOT, ETKRA
from certificates.certra.transport.http import MAX_ANSWER_BYTES, ContractsOnDisk
from tests.certificates.certra.answering import ENVELOPE, answered_late, answering, client_of
from tests.certificates.certra.wires import free_port, listening, tls
from tests.support.cards import CitizenPki, raw_sign
from tests.support.holder import any_key
from tests.support.sandbox import SandboxProcess

UNKNOWN_KEY = "ab" * 20
HOSPITAL = Identifier("CBE", "0406798006")
WISH = ContractWish(
    contact_data=ContactData("an@maasdal.example", None, "+32 11 22 33 44", None),
    signer=Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters"),
    actor=HOSPITAL,
    actor_name="AZ Sint-Elisabeth Maasdal",
)
ODD = (
    b'<GenerateCertificateRequest xmlns="urn:be:fgov:ehealth:certra:protocol:v2" Id="_1" >'
    b"<!-- kept --><a  b='1'\n/>&#233;\xc3\xa9</GenerateCertificateRequest>"
)
"""Not a valid request: the gateway forwards, it does not judge. Spaces, quotes and comments must survive."""


def signed_by_a_stranger() -> bytes:
    """Return a request that the schema accepts and the platform refuses: its card is of another country, so to say."""
    card = CitizenPki().card(algorithm="p384")
    agreed = Contract(
        dn=ehealth_dn("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal", None),
        signer=WISH.signer,
        texts=(LocalisedText("nl", "<p>Contract</p>"),),
    )
    data = build_generate_certificate(
        CertificateContent(WISH.contact_data, agreed, None, ("tsa",)),
        make_csr(any_key(), agreed.dn),
        request_id=f"_{uuid4()}",
        issue_instant=datetime.now(UTC),
    )
    return sign_enveloped(data, chain=card.signature_chain, sign=raw_sign(card.signature_key))


SIGNED = signed_by_a_stranger()


def submit(client: CertraClient) -> object:
    return client.submit(SIGNED)


def contract(client: CertraClient) -> object:
    return client.generate_contract(WISH)


def chain(client: CertraClient) -> object:
    return client.certificate_chain(UNKNOWN_KEY)


def application_ids(client: CertraClient) -> object:
    return client.existing_application_ids(HOSPITAL)


Call = Callable[[CertraClient], object]
CALLS: dict[str, Call] = {
    "GenerateCertificate": submit,
    "GenerateContract": contract,
    "GetCertificate": chain,
    "GetExistingApplicationIds": application_ids,
}
UNSETTLED = ("drop-before-commit", "drop-after-commit", "http-502", "http-503", "not-xml", "dtd-bomb", "oversized",
             "truncated", "soa-00001")  # fmt: skip
"""After these nobody knows what was done."""


def fault(government: SandboxProcess, kind: str, operation: str) -> None:
    government.control_post("/control/faults", {"kind": kind, "operation": operation, "times": 1})


def outcome(call: Call, client: CertraClient) -> CertraError:
    with pytest.raises(CertraError) as caught:
        call(client)
    return caught.value


@pytest.mark.parametrize("kind", [*UNSETTLED, "wrong-element"])
def test_a_submission_without_an_answer_is_of_unknown_outcome(government: SandboxProcess, kind: str) -> None:
    fault(government, kind, "GenerateCertificate")
    assert isinstance(outcome(submit, client_of(government.production)), OutcomeUnknown)


@pytest.mark.parametrize("operation", ["GenerateContract", "GetExistingApplicationIds"])
@pytest.mark.parametrize("kind", [*UNSETTLED, "wrong-element"])
def test_a_question_without_an_answer_may_be_asked_again(
    government: SandboxProcess, operation: str, kind: str
) -> None:
    client, call = client_of(government.production), CALLS[operation]
    fault(government, kind, operation)
    assert isinstance(outcome(call, client), Transient)
    assert call(client) is not None, "asked again, it is answered"


@pytest.mark.parametrize("kind", ["soa-02001", "soa-02002"])
@pytest.mark.parametrize("operation", sorted(CALLS))
def test_a_service_that_says_it_is_unavailable_did_nothing(
    government: SandboxProcess, operation: str, kind: str
) -> None:
    fault(government, kind, operation)
    error = outcome(CALLS[operation], client_of(government.production))
    assert isinstance(error, Transient)
    assert error.codes == (kind.upper(),)


@pytest.mark.parametrize(
    "kind", ["soa-01001", "soa-01002", "soa-03001", "soa-03002", "soa-03003", "soa-03006"]
)
@pytest.mark.parametrize("operation", ["GenerateCertificate", "GenerateContract"])
def test_a_message_that_the_bus_refuses_is_rejected(
    government: SandboxProcess, operation: str, kind: str
) -> None:
    fault(government, kind, operation)
    error = outcome(CALLS[operation], client_of(government.production))
    assert isinstance(error, Rejected)
    [answer] = error.answers
    assert answer.code == kind.upper()
    assert len(answer.message) > 5
    assert dict(answer.parameters)["Environment"]


@pytest.mark.parametrize("operation", sorted(set(CALLS) - {"GetExistingApplicationIds"}))
def test_a_refusal_keeps_its_code_and_words(government: SandboxProcess, operation: str) -> None:
    fault(government, "refused:SOMETHING_NEW", operation)
    error = outcome(CALLS[operation], client_of(government.production))
    assert isinstance(error, Rejected)
    assert [(one.code, one.message) for one in error.answers] == [
        ("SOMETHING_NEW", "Refused, because this was asked for.")
    ]


def test_parameters_of_a_refusal_are_kept(government: SandboxProcess) -> None:
    error = outcome(chain, client_of(government.production))
    assert isinstance(error, Rejected)
    assert error.answers[0].to_json() == {
        "code": "CERT_REQUEST_NOT_FOUND",
        "message": "No request for this public key.",
        "parameters": [["PublicKeyIdentifier", UNKNOWN_KEY]],
    }


def test_a_slow_answer_to_a_submission_is_of_unknown_outcome(government: SandboxProcess) -> None:
    with answered_late(government):
        fault(government, "slow:2", "GenerateCertificate")
        error = outcome(submit, client_of(government.production, read=0.3))
    assert isinstance(error, OutcomeUnknown)


def test_a_slow_answer_to_a_question_may_be_asked_again(government: SandboxProcess) -> None:
    with answered_late(government):
        fault(government, "slow:1", "GetCertificate")
        assert isinstance(outcome(chain, client_of(government.production, read=0.3)), Transient)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_refused_connection_did_nothing(call: Call) -> None:
    assert isinstance(outcome(call, client_of(f"http://127.0.0.1:{free_port()}")), Transient)


def test_a_name_that_does_not_exist_did_nothing() -> None:
    assert isinstance(outcome(submit, client_of("http://certra.invalid")), Transient)


# --- TLS


def reply(connection: socket.socket, _body: bytes) -> None:
    page = b"<html/>"
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_untrusted_server_gets_nothing(tmp_path: Path, call: Call) -> None:
    context, _ = tls(tmp_path)
    with listening(reply, context) as server:
        error = outcome(call, client_of(f"https://127.0.0.1:{server.port}"))
        assert isinstance(error, Transient)
        assert server.heard == []


def test_a_trusted_server_of_another_name_gets_nothing(tmp_path: Path) -> None:
    context, trust = tls(tmp_path, host="services.ehealth.fgov.be")
    with listening(reply, context) as server:
        client = client_of(f"https://127.0.0.1:{server.port}")
        client.transport.trusted = str(trust)
        assert isinstance(outcome(submit, client), Transient)
        assert server.heard == []


def test_tls_that_breaks_after_the_request_left_is_of_unknown_outcome(tmp_path: Path) -> None:
    """The library says "SSL error" for a handshake and for an answer alike; only one of them is harmless."""

    def spoil(connection: socket.socket, _body: bytes) -> None:
        with socket.socket(fileno=connection.detach()) as below:
            below.sendall(b"HTTP/1.1 200 this is not TLS\r\n\r\n")

    context, trust = tls(tmp_path)
    with listening(spoil, context) as server:
        client = client_of(f"https://127.0.0.1:{server.port}")
        client.transport.trusted = str(trust)
        assert isinstance(outcome(submit, client), OutcomeUnknown)
        [heard] = server.heard
        assert SIGNED in heard


def test_environment_variables_do_not_lead_elsewhere(
    government: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert client_of(government.production).existing_application_ids(HOSPITAL) is not None


# --- what is sent and what is read


@pytest.mark.parametrize("data", [SIGNED, ODD], ids=["signed", "odd"])
def test_signed_bytes_arrive_byte_for_byte(government: SandboxProcess, data: bytes) -> None:
    with pytest.raises(Rejected):
        client_of(government.production).submit(data)
    received = government.control_get("/control/received")[-1]
    body = base64.b64decode(received["body"])
    head, _, tail = body.partition(data)
    assert head.endswith(b"<soapenv:Body>")
    assert tail == b"</soapenv:Body></soapenv:Envelope>"


def test_the_two_environments_are_two_addresses(government: SandboxProcess) -> None:
    for environment, address in (
        ("production", government.production),
        ("acceptance", government.acceptance),
    ):
        client_of(address).existing_application_ids(HOSPITAL)
        assert government.control_get("/control/received")[-1]["environment"] == environment


def test_headers_are_those_of_the_contract() -> None:
    with listening(reply) as server:
        outcome(submit, client_of(f"http://127.0.0.1:{server.port}"))
        head = server.heard[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /CertRa/v2 HTTP/1.1")
    assert 'SOAPAction: "urn:be:fgov:ehealth:etee:certra:protocol:v2:generatecertificate"' in head
    assert "Content-Type: text/xml; charset=utf-8" in head


RESPONSE = (
    b'<p:GenerateCertificateResponse xmlns:p="urn:be:fgov:ehealth:certra:protocol:v2"'
    b' xmlns:c="urn:be:fgov:ehealth:commons:core:v2" Id="_1" IssueInstant="2026-11-23T10:00:00Z" InResponseTo="_1">'
    b'<c:Status><c:StatusCode Value="urn:be:fgov:ehealth:2.0:status:Success"/></c:Status>'
    b"<p:PublicKeyIdentifier>%s</p:PublicKeyIdentifier><p:AutomaticallyValidated>true</p:AutomaticallyValidated>"
    b"</p:GenerateCertificateResponse>"
)
GOOD = ENVELOPE % (RESPONSE % (b"AB" * 20))
BOMB = b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 1000 + b'"><!ENTITY z "&x;&x;&x;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def test_a_good_answer_is_understood() -> None:
    with listening(answering(GOOD)) as server:
        registered = client_of(f"http://127.0.0.1:{server.port}").submit(SIGNED)
    assert registered.public_key_identifier == "ab" * 20
    assert (registered.automatically_validated, registered.replaces) == (True, None)


@pytest.mark.parametrize(
    "answer",
    [
        answering(b""),
        answering(b"<html><body>hello</body></html>"),
        answering(b"\xff\xfe" + GOOD.decode().encode("utf-16-le")),
        answering(BOMB + GOOD),
        answering(OUTSIDE + GOOD.replace(b"AB" * 20, b"&x;")),
        answering(GOOD[:-20]),
        answering(GOOD, status=b"500 Internal Server Error"),
        answering(GOOD, status=b"202 Accepted"),
        answering(b"", status=b"401 Unauthorized"),
        answering(ENVELOPE % b""),
        answering(ENVELOPE % (RESPONSE % (b"AB" * 20) * 2)),
        answering(GOOD.replace(b"AutomaticallyValidated", b"Other")),
        answering(GOOD.replace(b"GenerateCertificateResponse", b"GetCertificateResponse")),
        answering(
            ENVELOPE % b"<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>"
        ),
        answering(ENVELOPE % b"<s:Fault/>"),
        answering(GOOD + b" " * MAX_ANSWER_BYTES),
        answering(gzip.compress(b" " * (64 * 1024 * 1024) + GOOD), extra=b"Content-Encoding: gzip\r\n"),
        answering(b"not gzip", extra=b"Content-Encoding: gzip\r\n"),
        lambda connection, _body: connection.sendall(b"SMTP 220 hello\r\n"),
        lambda connection, _body: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<s:"),
        lambda connection, _body: connection.sendall(b"HTTP/1.1 200 OK\r\n"),
    ],
)
def test_an_answer_that_makes_no_sense_is_of_unknown_outcome(answer: Callable[..., None]) -> None:
    with listening(answer) as server:
        error = outcome(submit, client_of(f"http://127.0.0.1:{server.port}", read=2))
        assert isinstance(error, OutcomeUnknown)
        assert len(server.heard) == 1, "a submission leaves once, whatever comes back"


def test_a_fault_without_a_code_is_of_unknown_outcome() -> None:
    fault_xml = (
        b"<s:Fault><faultcode>s:Server</faultcode><faultstring>x</faultstring><detail>"
        b'<e:SystemError xmlns:e="urn:be:fgov:ehealth:errors:soa:v1"><Message>odd</Message></e:SystemError>'
        b"</detail></s:Fault>"
    )
    with listening(answering(ENVELOPE % fault_xml, status=b"500 Error")) as server:
        error = outcome(submit, client_of(f"http://127.0.0.1:{server.port}"))
    assert isinstance(error, OutcomeUnknown)
    assert error.answers[0].message == "odd"


# --- nothing comes from the network but answers


def test_the_contract_is_read_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    soap.description_of.cache_clear()
    services._schema.cache_clear()
    try:
        for service in (CERTRA, ETKRA, DEPOT):
            assert isinstance(soap.description_of(service), zeep.Client)
            assert service.schema is not None
    finally:
        soap.description_of.cache_clear()


@pytest.mark.parametrize(
    "address", ["http://example.test/a.xsd", "https://example.test/", "file:///etc/passwd"]
)
def test_a_contract_with_an_address_is_refused(address: str) -> None:
    transport = ContractsOnDisk()  # type: ignore[no-untyped-call]  # zeep ships no types
    with pytest.raises(ValueError, match="local files"):
        transport.load(address)


@pytest.mark.parametrize(
    "data", [b'<?xml version="1.0"?>' + SIGNED, b' <?xml version="1.0"?>' + SIGNED, b"<a/>"]
)
def test_what_cannot_stand_in_an_envelope_is_no_request(data: bytes) -> None:
    with pytest.raises(MalformedXml):
        check_request(data)
