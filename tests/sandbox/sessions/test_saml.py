"""The token service by the SAML way: what it gives, and each thing that it checks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from deploy.sandbox.sessions.words import NS
from tests.sandbox.sessions.messages import (
    CBE_PAIR,
    HOSPITAL_PAIR,
    SSIN_PAIR,
    Ask,
    Key,
    ask,
    enveloped,
    outcome,
    said,
    send,
    token,
)
from tests.sandbox.tokens.messages import System, system
from tests.support.sandbox import SandboxProcess

OWN = dict.fromkeys(CBE_PAIR, "0406798006")


@pytest.fixture
def hospital(sandbox: SandboxProcess, cards: dict[str, Identity]) -> System:
    return system(sandbox, cards["an"])


def asking(holder: System, **changes: object) -> Ask:
    key = Key.of(holder)
    return replace(Ask(key, key, OWN), **changes)  # type: ignore[arg-type]  # each test names what it changes


def verified_by(reply_token: etree._Element, certificate: x509.Certificate) -> bool:
    """Whether the certificate's key signed this very assertion."""
    alone = etree.fromstring(etree.tostring(reply_token))
    context = xmlsec.SignatureContext()
    context.register_id(alone, "AssertionID")
    context.key = xmlsec.Key.from_memory(
        certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem
    )
    try:
        context.verify(alone[-1])
    except xmlsec.Error:
        return False
    return True


def iam(sandbox: SandboxProcess, environment: str = "production") -> list[x509.Certificate]:
    found = sandbox.control_get(f"/control/iam/{environment}")
    return [x509.load_pem_x509_certificate(one["pem"].encode()) for one in found]


def test_a_session_is_given_for_the_key_that_asks(sandbox: SandboxProcess, hospital: System) -> None:
    asked = asking(hospital)
    reply = ask(sandbox.production, asked)
    assert outcome(reply) == "success"
    answer = reply.element
    assert answer.get("InResponseTo") == asked.request_id
    found = token(reply)
    assert answer.find("saml:Assertion", NS) is not None
    assert found[-1].tag == f"{{{NS['ds']}}}Signature"
    assert verified_by(found, iam(sandbox)[-1])
    assert said(reply) == OWN
    conditions = found.find("saml:Conditions", NS)
    assert conditions is not None
    end, begin = (datetime.fromisoformat(conditions.get(name, "")) for name in ("NotOnOrAfter", "NotBefore"))
    assert end - begin == timedelta(hours=1, minutes=5)
    confirmed = found.findtext(".//saml:SubjectConfirmation//ds:X509Certificate", "", NS)
    assert confirmed == "".join(Key.of(hospital).encoded.split())


@pytest.mark.parametrize("path", ["/IAM/SecurityTokenService/v1", "/sts_1_1/SecureTokenService"])
def test_either_action_is_taken_on_either_path(sandbox: SandboxProcess, hospital: System, path: str) -> None:
    asked = asking(hospital)
    body = enveloped(asked.saml(), asked.header)
    assert outcome(send(sandbox.production, body, path=path, action="RequestSecureToken")) == "success"
    assert "SOA-03005" in send(sandbox.production, body, path=path, action="Challenge").body.decode()


def test_recognition_comes_from_the_register(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    owner = ("NIHII-HOSPITAL", "71000436")
    holder = system(sandbox, cards["an"], owner=owner)
    stem = "urn:be:fgov:ehealth:1.0:hospital:nihii-number:recognisedhospital:nihii11"
    boolean = "urn:be:fgov:ehealth:1.0:certificateholder:hospital:nihii-number:recognisedhospital:boolean"
    values = dict.fromkeys(HOSPITAL_PAIR, owner[1])
    asked = asking(holder, values=values, more=(stem, boolean, "urn:of:nobody"))
    assert said(ask(sandbox.production, asked)) == {**values, stem: "71000436000", boolean: "true"}
    source = sandbox.control_get("/control/source")
    for organisation in source["organisations"]:
        organisation["identifiers"] = [i for i in organisation["identifiers"] if i["value"] != owner[1]]
    sandbox.control_post("/control/source", source, method="PUT")
    again = asking(holder, values=values, more=(stem, boolean))
    assert said(ask(sandbox.production, again)) == {**values, boolean: "false"}


def test_a_card_asks_for_the_key_of_an_organisation(
    sandbox: SandboxProcess, hospital: System, cards: dict[str, Identity]
) -> None:
    values = {**OWN, SSIN_PAIR[0]: cards["an"].person.ssin}
    for name in ("an", "an384"):
        asked = Ask(Key.on(cards[name]), Key.of(hospital), values)
        assert outcome(ask(sandbox.production, asked)) == "success"
    assert "SHA-1" in sandbox.control_get("/control/received")[-1]["outcome"]
    unproven = Ask(Key.on(cards["an"]), Key.of(hospital), values, inner=False)
    assert outcome(ask(sandbox.production, unproven)) == "HOLDER_NOT_PROVEN"
    stranger = Ask(Key.on(cards["luc"]), Key.of(hospital), values)
    assert outcome(ask(sandbox.production, stranger)) == "IDENTITY_MISMATCH"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"values": dict.fromkeys(CBE_PAIR, "0809394427")}, "IDENTITY_MISMATCH"),
        ({"values": {"urn:of:nobody": "1"}}, "UNKNOWN_ATTRIBUTE"),
        ({"name": 'CN="CBE=0809394427", O=Federal Government, C=BE'}, "NAME_MISMATCH"),
        ({"hours": 25}, "PERIOD_REFUSED"),
        ({"hours": -1}, "PERIOD_REFUSED"),
        ({"now": datetime.now(UTC) - timedelta(hours=3)}, "wsse:MessageExpired MESSAGE_EXPIRED"),
        ({"now": datetime.now(UTC) + timedelta(hours=3)}, "wsse:MessageExpired MESSAGE_EXPIRED"),
        ({"expires": timedelta(hours=3)}, "wsse:InvalidSecurity INVALID_SECURITY"),
    ],
)
def test_each_wrong_request_has_its_answer(
    sandbox: SandboxProcess, hospital: System, changes: dict[str, object], refusal: str
) -> None:
    assert outcome(ask(sandbox.production, asking(hospital, **changes))) == refusal


def test_nothing_is_taken_twice(sandbox: SandboxProcess, hospital: System) -> None:
    asked = asking(hospital)
    body = enveloped(asked.saml(), asked.header)
    assert outcome(send(sandbox.production, body)) == "success"
    assert outcome(send(sandbox.production, body)) == "wsse:FailedCheck REPLAYED"
    later = enveloped(asked.saml(), asked.header)
    assert outcome(send(sandbox.production, later)) == "wsse:FailedCheck REPLAYED"


def _moved(body: bytes) -> bytes:
    """Another body in front of the signed one, which is put aside."""
    root = etree.fromstring(body)
    signed = root[1]
    false = etree.fromstring(etree.tostring(signed))
    false.attrib.clear()
    root.replace(signed, false)
    root[0][0][2].append(signed)
    return etree.tostring(root)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda body: body.replace(b"0406798006<", b"0809394427<", 1),
        lambda body: body.replace(b"Issuer", b"Issuer ", 1).replace(b"a client", b"b client"),
        lambda body: body.replace(b'wsu:Id="TS-1"', b'wsu:Id="id-1"'),
        _moved,
    ],
)
def test_what_was_not_signed_is_not_read(
    sandbox: SandboxProcess, hospital: System, tamper: Callable[[bytes], bytes]
) -> None:
    asked = asking(hospital)
    refused = outcome(send(sandbox.production, tamper(enveloped(asked.saml(), asked.header))))
    assert refused == "wsse:FailedCheck INVALID_SIGNATURE"


@pytest.mark.parametrize("left", ["body", "timestamp", "token"])
def test_all_three_parts_are_signed(sandbox: SandboxProcess, hospital: System, left: str) -> None:
    asked = asking(hospital)
    signed = tuple(part for part in ("body", "timestamp", "token") if part != left)
    body = enveloped(asked.saml(), asked.header, signed=signed)
    assert outcome(send(sandbox.production, body)) == "wsse:FailedCheck INVALID_SIGNATURE"


def test_the_certificate_is_of_this_environment_and_good(sandbox: SandboxProcess, hospital: System) -> None:
    refused = "wsse:InvalidSecurityToken CERTIFICATE_"
    assert outcome(ask(sandbox.acceptance, asking(hospital))) == f"{refused}NOT_TRUSTED"
    sandbox.control_post(f"/control/certificates/production/{hospital.pki}/revoke")
    assert outcome(ask(sandbox.production, asking(hospital))) == f"{refused}REVOKED"


def test_an_ended_certificate_asks_in_vain(sandbox: SandboxProcess, hospital: System) -> None:
    offset = timedelta(days=1200)
    sandbox.control_post("/control/clock", {"offset_seconds": offset.total_seconds()})
    asked = asking(hospital, now=datetime.now(UTC) + offset)
    assert outcome(ask(sandbox.production, asked)) == "wsse:InvalidSecurityToken CERTIFICATE_EXPIRED"


def test_a_request_out_of_shape_is_a_fault(sandbox: SandboxProcess, hospital: System) -> None:
    asked = asking(hospital)
    request = asked.saml()
    request[0].append(request[0][0])
    assert "SOA-03006" in send(sandbox.production, enveloped(request, asked.header)).body.decode()


def test_the_signer_rotates(sandbox: SandboxProcess, hospital: System) -> None:
    before = iam(sandbox)
    sandbox.control_post("/control/iam/production/rotate")
    after = iam(sandbox)
    assert after[:-1] == before
    found = token(ask(sandbox.production, asking(hospital)))
    assert verified_by(found, after[-1])
    assert not verified_by(found, before[-1])
    assert sandbox.restart() is sandbox
    assert iam(sandbox) == after
    assert before[-1].not_valid_after_utc > datetime.now(UTC)


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ("refused", "REQUEST_REFUSED"),
        ("refused:NO_SUCH_ORGANISATION", "NO_SUCH_ORGANISATION"),
        ("revoked", "wsse:InvalidSecurityToken CERTIFICATE_REVOKED"),
        ("wss-fault", "wsse:FailedCheck FAULT"),
        ("soa-02002", "soap:Server SOA-02002"),
        ("slow:0.1", "success"),
    ],
)
def test_faults_can_be_switched_on(
    sandbox: SandboxProcess, hospital: System, fault: str, result: str
) -> None:
    assert outcome(ask(sandbox.production, asking(hospital), fault)) == result


def test_spoiled_tokens_are_spoiled_in_one_way(sandbox: SandboxProcess, hospital: System) -> None:
    signer = iam(sandbox)[-1]
    assert not verified_by(token(ask(sandbox.production, asking(hospital), "changed-value")), signer)
    assert not verified_by(token(ask(sandbox.production, asking(hospital), "wrong-signer")), signer)
    for fault in ("expired-token", "wrong-hok", "other-identity", "no-attributes", "sha1-token"):
        assert verified_by(token(ask(sandbox.production, asking(hospital), fault)), signer), fault
    assert said(ask(sandbox.production, asking(hospital), "other-identity")) == dict.fromkeys(
        CBE_PAIR, "0406798007"
    )
    two = ask(sandbox.production, asking(hospital), "two-tokens").element
    assert len(two.findall("saml:Assertion", NS)) == 2
    wrapped = ask(sandbox.production, asking(hospital), "wrapped-token").element
    assert len(wrapped.findall("saml:Assertion", NS)) == 1
    assert len(list(wrapped.iter(f"{{{NS['saml']}}}Assertion"))) == 2
    other = asking(hospital)
    assert (
        ask(sandbox.production, other, "wrong-in-response-to").element.get("InResponseTo") != other.request_id
    )
