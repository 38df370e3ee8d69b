"""Each fault happens as it is described, by header and by the control address, and leaves the register as told."""

import http.client
from urllib.error import HTTPError

import pytest
from cryptography import x509
from lxml import etree

from deploy.sandbox import faults
from deploy.sandbox.authorities.citizens import Identity
from tests.contract.schemas import assert_valid
from tests.sandbox import messages
from tests.sandbox.messages import NS, Reply, call
from tests.sandbox.operations.test_journey import certificates, get, identifier, submit
from tests.support.effort import until
from tests.support.sandbox import SandboxProcess


def types(base: str, fault: str | None = None, *, seconds: float = 180) -> Reply:
    return call(base, messages.request("GetGenericOrganizationTypes"), fault, seconds=seconds)


def prepared(sandbox: SandboxProcess, card: Identity) -> tuple[etree._Element, str]:
    """A request that would succeed, and its key's identifier."""
    contract = call(sandbox.production, messages.contract_request(card)).element.find("m:Contract", NS)
    assert contract is not None
    key = messages.new_key()
    pkcs10 = messages.csr(contract.findtext("k:DN", "", NS), key)
    return messages.sign_as(messages.certificate_request(contract, pkcs10), card, "Signature"), identifier(
        key
    )


SOA = sorted(kind for kind in faults.KINDS if kind.startswith("soa-"))


@pytest.mark.parametrize("kind", SOA)
@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_soa_faults(sandbox: SandboxProcess, kind: str, environment: str) -> None:
    reply = types(getattr(sandbox, environment), kind)
    assert (reply.status, reply.code) == (500, kind.upper())
    assert_valid(reply.detail)
    consumer = kind.startswith(("soa-01", "soa-03"))
    assert etree.QName(reply.detail).localname == ("BusinessError" if consumer else "SystemError")
    assert reply.detail.findtext("Origin") == ("Consumer" if consumer else "Provider")
    assert reply.detail[-1].text == {"production": "Production", "acceptance": "Acceptation"}[environment]
    assert reply.element.findtext("faultstring", "").startswith(kind.upper())


def test_every_published_code_is_there() -> None:
    numbers = ["00001", "01001", "01002", "02001", "02002", *(f"0300{n}" for n in range(1, 8))]
    assert [f"soa-{number}" for number in numbers] == SOA


def test_slow_waits_and_then_does_the_work(sandbox: SandboxProcess) -> None:
    before = len(sandbox.control_get("/control/received"))
    with pytest.raises(TimeoutError):
        types(sandbox.production, "slow:2", seconds=0.2)
    assert len(sandbox.control_get("/control/received")) == before
    until(lambda: len(sandbox.control_get("/control/received")) > before)
    assert sandbox.control_get("/control/received")[-1]["outcome"].startswith("success")
    assert types(sandbox.production, "slow:0.1").code == "success"


def test_an_answer_that_drips_is_whole_in_the_end(sandbox: SandboxProcess) -> None:
    assert types(sandbox.production, "drip:0.0001").code == "success"
    with pytest.raises(TimeoutError):
        types(sandbox.production, "drip:100", seconds=0.2)


def test_who_hangs_does_nothing_until_the_caller_leaves(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    element, pki = prepared(sandbox, cards["an"])
    with pytest.raises(TimeoutError):
        call(sandbox.production, element, "hang", seconds=0.5)
    until(lambda: sandbox.control_get("/control/received")[-1]["outcome"] == "hang")
    assert get(sandbox.production, pki).code == "CERT_REQUEST_NOT_FOUND"
    assert call(sandbox.production, element).code == "success"


def test_dropped_after_the_work_the_request_is_there(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    element, pki = prepared(sandbox, cards["an"])
    with pytest.raises(http.client.RemoteDisconnected):
        call(sandbox.production, element, "drop-after-commit")
    assert get(sandbox.production, pki).code == "success"
    assert sandbox.control_get("/control/received")[-2]["outcome"] == "success (drop-after-commit)"
    assert call(sandbox.production, element).code == "KEY_ALREADY_REGISTERED"


@pytest.mark.parametrize(
    "kind", ["drop-before-commit", "refused", "refused:ODD_CODE", "http-502", "http-503", "soa-02001"]
)
def test_before_the_work_nothing_is_left_behind(
    sandbox: SandboxProcess, cards: dict[str, Identity], kind: str
) -> None:
    element, pki = prepared(sandbox, cards["an"])
    if kind == "drop-before-commit":
        with pytest.raises(http.client.RemoteDisconnected):
            call(sandbox.production, element, kind)
    else:
        reply = call(sandbox.production, element, kind)
        expected = {"refused": "REQUEST_REFUSED", "refused:ODD_CODE": "ODD_CODE", "soa-02001": "SOA-02001"}
        if kind in expected:
            assert reply.code == expected[kind]
        else:
            assert (reply.status, reply.body) == (int(kind[5:]), faults.PAGE)
    assert get(sandbox.production, pki).code == "CERT_REQUEST_NOT_FOUND"
    assert call(sandbox.production, element).code == "success"


def test_malformed_answers(sandbox: SandboxProcess) -> None:
    page = types(sandbox.production, "not-xml")
    assert (page.status, page.body) == (200, faults.PAGE)
    wrong = types(sandbox.production, "wrong-element")
    assert etree.QName(wrong.element).localname == "RevokeResponse"
    bomb = types(sandbox.production, "dtd-bomb")
    assert b"<!DOCTYPE" in bomb.body
    assert bomb.body.count(b"<!ENTITY") == 6
    big = types(sandbox.production, "oversized")
    assert len(big.body) == 32 * 1024 * 1024
    with pytest.raises(http.client.IncompleteRead):
        types(sandbox.production, "truncated")


def test_the_work_is_done_behind_a_malformed_answer(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    element, pki = prepared(sandbox, cards["an"])
    call(sandbox.production, element, "not-xml")
    assert get(sandbox.production, pki).code == "success"


def test_a_certificate_for_another_key(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    _, key = submit(sandbox.production, cards["an"])
    right = certificates(get(sandbox.production, identifier(key)))[0]
    wrong, issuing = certificates(get(sandbox.production, identifier(key), "wrong-certificate"))
    wrong.verify_directly_issued_by(issuing)
    assert wrong.subject == right.subject
    assert wrong.public_key() != key.public_key()
    assert wrong.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value.digest.hex() != identifier(key)
    assert certificates(get(sandbox.production, identifier(key)))[0] == right


def test_faults_are_switched_on_for_a_place_and_a_number_of_times(sandbox: SandboxProcess) -> None:
    sandbox.control_post(
        "/control/faults",
        {
            "kind": "soa-02002",
            "environment": "production",
            "operation": "GetGenericOrganizationTypes",
            "times": 2,
        },
    )
    assert types(sandbox.acceptance).code == "success"
    content = '<m:OrganizationIdentifier Type="CBE">0406798006</m:OrganizationIdentifier>'
    assert call(sandbox.production, messages.request("GetExistingApplicationIds", content)).status == 200
    assert [types(sandbox.production).code for _ in range(3)] == ["SOA-02002", "SOA-02002", "success"]
    assert sandbox.control_get("/control/faults")["faults"] == []


def test_faults_are_switched_off(sandbox: SandboxProcess) -> None:
    first = sandbox.control_post("/control/faults", {"kind": "soa-00001"})
    sandbox.control_post("/control/faults", {"kind": "soa-02001"})
    assert types(sandbox.production).code == "SOA-00001"
    assert sandbox.control_post(f"/control/faults/{first['id']}", method="DELETE") == {"removed": 1}
    assert types(sandbox.production).code == "SOA-02001"
    assert sandbox.control_post("/control/faults", method="DELETE") == {"removed": 1}
    assert types(sandbox.production).code == "success"


@pytest.mark.parametrize(
    "kind", ["nonsense", "slow:forever", "slow:999", "drip:-1", "hang:5", "refused:lower", "not-xml:5", ""]
)
def test_unknown_faults_are_not_accepted(sandbox: SandboxProcess, kind: str) -> None:
    with pytest.raises(HTTPError, match="400"):
        sandbox.control_post("/control/faults", {"kind": kind})
    if kind:
        assert types(sandbox.production, kind).status == 400
