"""The hybrid way: a CSR under a BIS number, confirmed on a page before a deadline."""

import base64
import http.client
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox import messages
from tests.sandbox.messages import CONTACT, NS, Reply, actor, call
from tests.sandbox.operations.test_journey import certificates, get, identifier
from tests.support.sandbox import SandboxProcess

BIS = "85273003371"
DN = "CN=SSIN\\={},OU=eHealth-platform Belgium,OU=GIULIA DE LUCA,OU=SSIN\\={},O=Federal Government,C=BE"
DAY = 86400


def submit(
    base: str, key: rsa.RSAPrivateKey, number: str = BIS, kind: str = "SSIN", dn: str | None = None
) -> Reply:
    pkcs10 = messages.csr(dn or DN.format(number, number), key)
    content = f"<m:ForeignPerson>{actor((kind, number), 'Giulia', 'De Luca')}</m:ForeignPerson>{CONTACT}"
    content += f"<m:CSR>{base64.b64encode(pkcs10).decode()}</m:CSR>"
    return call(base, messages.request("SubmitCSRForForeigner", content))


def address(reply: Reply) -> str:
    return reply.element.findtext("m:ValidationUrl", "", NS)


def visit(url: str, number: str | None = None) -> tuple[int, str]:
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=180)
    try:
        if number is None:
            connection.request("GET", place.path)
        else:
            body = urllib.parse.urlencode({"number": number})
            connection.request(
                "POST", place.path, body, {"Content-Type": "application/x-www-form-urlencoded"}
            )
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_after_confirmation_the_certificate_comes(sandbox: SandboxProcess, environment: str) -> None:
    base, key = getattr(sandbox, environment), messages.new_key()
    reply = submit(base, key)
    assert reply.code == "success"
    assert address(reply).startswith(base)
    assert BIS not in address(reply)
    end = datetime.fromisoformat(reply.element.findtext("m:ExpirationDate", "", NS))
    assert timedelta(days=13) < end - datetime.now(UTC) <= timedelta(days=14)
    assert get(base, identifier(key)).code == "CERT_NOT_YET_DELIVERED"
    assert sandbox.control_get("/control/requests") == []
    status, page = visit(address(reply))
    assert status == 200
    assert "Giulia De Luca" in page
    assert BIS not in page
    assert visit(address(reply), "85.27.30-033.71")[0] == 200
    leaf = certificates(get(base, identifier(key)))[0]
    assert messages.name_attribute(leaf) == f"SSIN={BIS}"
    status, page = visit(address(reply), BIS)
    assert status == 200
    assert "bevestigd" in page
    assert len(sandbox.control_get("/control/requests")) == 1


@pytest.mark.parametrize("written", ["DE LUCA GIULIA", "GIULIA DE LUCA"])
def test_the_name_is_taken_in_either_order(sandbox: SandboxProcess, written: str) -> None:
    """The platform's own software writes the surname first; the certificate bears what was sent."""
    base, key = sandbox.production, messages.new_key()
    reply = submit(base, key, dn=DN.format(BIS, BIS).replace("GIULIA DE LUCA", written))
    assert reply.code == "success"
    assert visit(address(reply), BIS)[0] == 200
    leaf = certificates(get(base, identifier(key)))[0]
    assert written in leaf.subject.rfc4514_string()


def test_a_wrong_number_confirms_nothing(sandbox: SandboxProcess) -> None:
    key = messages.new_key()
    reply = submit(sandbox.production, key)
    for number in ("", "85573003387", "x" * 3000):
        assert visit(address(reply), number)[0] == 403
    assert get(sandbox.production, identifier(key)).code == "CERT_NOT_YET_DELIVERED"
    assert visit(address(reply), BIS)[0] == 200


def test_after_the_deadline_it_is_too_late(sandbox: SandboxProcess) -> None:
    key = messages.new_key()
    reply = submit(sandbox.production, key)
    sandbox.control_post("/control/clock", {"offset_seconds": 14 * DAY + 60})
    assert visit(address(reply))[0] == 410
    assert visit(address(reply), BIS)[0] == 410
    assert get(sandbox.production, identifier(key)).code == "CERT_REQUEST_REFUSED"
    assert submit(sandbox.production, messages.new_key()).code == "success"


def test_the_page_survives_a_restart(sandbox: SandboxProcess) -> None:
    key = messages.new_key()
    url = address(submit(sandbox.production, key))
    sandbox.restart()
    assert visit(url, BIS)[0] == 200
    assert get(sandbox.production, identifier(key)).code == "success"


def test_many_hands_confirm_one_request(sandbox: SandboxProcess) -> None:
    key = messages.new_key()
    url = address(submit(sandbox.production, key))
    with ThreadPoolExecutor(6) as pool:
        assert {status for status, _ in pool.map(lambda _: visit(url, BIS), range(6))} == {200}
    assert len(sandbox.control_get("/control/requests")) == 1


def test_two_submissions_for_one_name(sandbox: SandboxProcess) -> None:
    """Whichever is confirmed first is the request; the other comes too late."""
    first, second = (address(submit(sandbox.production, messages.new_key())) for _ in range(2))
    assert visit(second, BIS)[0] == 200
    status, page = visit(first, BIS)
    assert status == 409
    assert "DN_" in page


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        ("85073003328", "SSIN", "INVALID_IDENTIFIER"),
        ("85273003372", "SSIN", "INVALID_IDENTIFIER"),
        ("0406798006", "CBE", "INVALID_IDENTIFIER"),
        ("85573003387", "SSIN", "SIGNER_NOT_AUTHORIZED"),
    ],
)
def test_bis_numbers_only(sandbox: SandboxProcess, number: str, kind: str, code: str) -> None:
    assert submit(sandbox.production, messages.new_key(), number, kind).code == code


def test_the_request_must_be_right(sandbox: SandboxProcess) -> None:
    key = messages.new_key()
    other = DN.format(BIS, BIS).replace("GIULIA", "GIULIO")
    assert submit(sandbox.production, key, dn=other).code == "DN_MISMATCH"
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  refused for that
    assert submit(sandbox.production, small).code == "INVALID_CSR"
    assert submit(sandbox.production, key).code == "success"
    again = submit(sandbox.production, key)
    assert (again.code, again.parameters()) == (
        "KEY_ALREADY_REGISTERED",
        {"PublicKeyIdentifier": identifier(key).upper()},
    )


def test_nobody_finds_a_page_by_guessing(sandbox: SandboxProcess) -> None:
    url = address(submit(sandbox.production, messages.new_key()))
    assert visit(url[:-1] + ("A" if url[-1] != "A" else "B"))[0] == 404
    assert visit(url.replace(sandbox.production, sandbox.acceptance))[0] == 404
