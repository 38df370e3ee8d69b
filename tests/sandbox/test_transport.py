"""Hostile and clumsy callers: bad envelopes, entities, sizes, and hands that let go."""

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from deploy.sandbox.services import ACTIONS, CERTRA, DEPOT, ETKRA
from tests.contract.schemas import assert_valid
from tests.sandbox import messages
from tests.sandbox.messages import call, post
from tests.sandbox.tokens.messages import depot_request, request
from tests.support.sandbox import SandboxProcess

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OPERATION = "GetGenericOrganizationTypes"
GOOD = messages.envelope(messages.request(OPERATION))
MUST = b'<s:Header><x s:mustUnderstand="1"/></s:Header>'
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIONS[OPERATION]}"'}


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("nothing", b"", "SOA-03001"),
        ("no XML", b"hello", "SOA-03001"),
        ("cut short", GOOD[:-20], "SOA-03001"),
        ("entity", b'<!DOCTYPE x [<!ENTITY a "b">]>' + GOOD.partition(b"\n")[2], "SOA-03001"),
        ("external entity", b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + GOOD.partition(b"\n")[2], "SOA-03001"),
        ("hidden in UTF-16", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16"), "SOA-03001"),
        ("no envelope", b"<x/>", "SOA-03002"),
        ("SOAP 1.2", GOOD.replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"), "SOA-03002"),
        ("no body", f'<s:Envelope xmlns:s="{SOAP}"><s:Header/></s:Envelope>'.encode(), "SOA-03003"),
        ("empty body", f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(), "SOA-03003"),
        ("two bodies", GOOD.replace(b"</s:Body>", b"</s:Body><s:Body/>"), "SOA-03004"),
        ("two elements", GOOD.replace(b"</s:Body>", b"<x/></s:Body>"), "SOA-03004"),
        ("foreign part", GOOD.replace(b"<s:Body>", b"<x/><s:Body>"), "SOA-03004"),
        ("must understand", GOOD.replace(b"<s:Header/>", MUST), "SOA-03004"),
        ("unknown operation", GOOD.replace(b"GetGeneric", b"GetSpecific"), "SOA-03005"),
        ("an answer", GOOD.replace(b"TypesRequest", b"TypesResponse"), "SOA-03005"),
        ("other action", messages.envelope(messages.request("GetCertificate")), "SOA-03005"),
        ("no instant", GOOD.replace(b"IssueInstant", b"Instant"), "SOA-03006"),
    ],
)  # fmt: skip
def test_a_wrong_message_gets_its_code(sandbox: SandboxProcess, name: str, body: bytes, code: str) -> None:
    reply = post(sandbox.production, body, HEADERS)
    assert (reply.status, reply.code) == (500, code), name
    assert_valid(reply.detail)


@pytest.mark.parametrize("operation", CERTRA.actions)
@pytest.mark.parametrize("change", [str.lower, str.upper, lambda action: action.strip('"'), lambda _: ""])
def test_the_action_is_taken_to_the_letter(sandbox: SandboxProcess, operation: str, change: object) -> None:
    assert callable(change)
    action = change(f'"{ACTIONS[operation]}"')
    headers = HEADERS | {"SOAPAction": action}
    reply = post(sandbox.production, messages.envelope(messages.request(operation)), headers)
    assert reply.code == ("SOA-03006" if action == f'"{ACTIONS[operation]}"' else "SOA-03005")


@pytest.mark.parametrize("operation", ETKRA.actions)
@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_actions_of_tokens_are_taken_to_the_letter(
    sandbox: SandboxProcess, operation: str, change: object
) -> None:
    assert callable(change)
    body = messages.envelope(request(operation))
    for action, code in ((change(ETKRA.actions[operation]), "SOA-03005"), (ETKRA.actions[operation], None)):
        reply = post(sandbox.production, body, HEADERS | {"SOAPAction": f'"{action}"'}, ETKRA.path)
        assert reply.code == (code or ("INVALID_SIGNATURE" if "Complete" in operation else "SOA-03006"))


@pytest.mark.parametrize(("action", "code"), [(None, ""), ("", ""), ('""', ""), ('"x"', "SOA-03005")])
def test_the_depot_has_no_action(sandbox: SandboxProcess, action: str | None, code: str) -> None:
    headers = {"Content-Type": "text/xml"} | ({} if action is None else {"SOAPAction": action})
    body = messages.envelope(depot_request(("CBE", "0406798006")))
    assert post(sandbox.production, body, headers, DEPOT.path).code == code


@pytest.mark.parametrize("path", ["/EtkRa/v2", "/EtkDepot/v1"])
def test_a_message_at_the_wrong_address(sandbox: SandboxProcess, path: str) -> None:
    reply = post(sandbox.production, GOOD, HEADERS, path)
    assert reply.code == "SOA-03005"


def test_the_depot_refuses_in_its_own_form(sandbox: SandboxProcess) -> None:
    element = depot_request(("CBE", "0406798006"))
    headers = {"Content-Type": "text/xml", "X-Sandbox-Fault": "refused"}
    reply = post(sandbox.production, messages.envelope(element), headers, DEPOT.path)
    assert_valid(reply.element)
    assert next(child.text for child in reply.element[0]) == "REQUEST_REFUSED"
    assert len(reply.element) == 1


def test_another_content_type_is_not_soap(sandbox: SandboxProcess) -> None:
    reply = post(sandbox.production, GOOD, HEADERS | {"Content-Type": "application/soap+xml"})
    assert reply.code == "SOA-03002"


def test_a_large_body_is_not_read(sandbox: SandboxProcess) -> None:
    connection = http.client.HTTPConnection(urlsplit(sandbox.production).netloc, timeout=180)
    connection.putrequest("POST", "/CertRa/v2")
    for name, value in (HEADERS | {"Content-Length": str(1024 * 1024 + 1)}).items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"SOA-03001" in answer.read()
    connection.close()


def test_a_body_of_unknown_size_is_not_read(sandbox: SandboxProcess) -> None:
    connection = http.client.HTTPConnection(urlsplit(sandbox.production).netloc, timeout=180)
    connection.putrequest("POST", "/CertRa/v2")
    for name, value in (HEADERS | {"Transfer-Encoding": "chunked"}).items():
        connection.putheader(name, value)
    connection.endheaders()  # the answer comes at once: a body would meet a closed door
    assert connection.getresponse().status == 413
    connection.close()


def test_a_caller_who_lets_go_harms_nobody(sandbox: SandboxProcess) -> None:
    place = urlsplit(sandbox.production)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=180) as line:
        line.sendall(b"POST /CertRa/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<half")
    assert call(sandbox.production, messages.request(OPERATION)).code == "success"


def test_other_addresses_hold_nothing(sandbox: SandboxProcess) -> None:
    connection = http.client.HTTPConnection(urlsplit(sandbox.acceptance).netloc, timeout=180)
    for method, path in (
        ("GET", "/"),
        ("GET", "/pki/citizen-ca.crl"),
        ("GET", "/pki/../private"),
        ("POST", "/ocsp/none"),
    ):
        connection.request(method, path, b"" if method == "POST" else None)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404, path
    connection.close()


def test_listeners_are_on_the_loopback_only(sandbox: SandboxProcess) -> None:
    for address in (sandbox.production, sandbox.acceptance, sandbox.control):
        assert urlsplit(address).hostname == "127.0.0.1"


def test_nothing_personal_is_logged(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    element = messages.request("GetActorQualities", '<m:SSIN Type="SSIN">85073003328</m:SSIN>')
    call(sandbox.production, messages.sign_as(element, cards["an"], "Authentication"))
    call(sandbox.production, messages.contract_request(cards["an"]))
    log = Path(sandbox.log).read_text(encoding="utf-8")
    assert "production GetActorQualities: success" in log
    for secret in ("85073003328", "Peeters", "maasdal.example", "<m:", etree.QName(element).namespace or ""):
        assert secret not in log
