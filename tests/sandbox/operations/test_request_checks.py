"""Everything else that GenerateContract and GenerateCertificate refuse."""

import base64
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AttributeOID
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL, NS, call
from tests.support.sandbox import SandboxProcess


def contract(sandbox: SandboxProcess, card: Identity) -> etree._Element:
    found = call(sandbox.production, messages.contract_request(card)).element.find("m:Contract", NS)
    assert found is not None
    return found


def send(
    sandbox: SandboxProcess, card: Identity, agreed: etree._Element, pkcs10: bytes, *services: str
) -> str:
    element = messages.certificate_request(agreed, pkcs10, services)
    return call(sandbox.production, messages.sign_as(element, card, "Signature")).code


def test_a_contract_says_who_what_and_how_long(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    agreed = contract(sandbox, cards["an"])
    assert agreed.findtext("k:DN", "", NS) == (
        "CN=CBE\\=0406798006,OU=eHealth-platform Belgium,OU=AZ SINT-ELISABETH MAASDAL,OU=CBE\\=0406798006,"
        "O=Federal Government,C=BE"
    )
    texts = {
        v.get("{http://www.w3.org/XML/1998/namespace}lang"): v.text or ""
        for v in agreed.iterfind(".//k:Value", NS)
    }
    assert set(texts) == {"nl", "fr"}
    for language, holder in (
        ("nl", "AZ Sint-Elisabeth Maasdal"),
        ("fr", "Hôpital Sainte-Élisabeth du Val de Meuse"),
    ):
        page = etree.fromstring(texts[language], etree.HTMLParser())
        words = " ".join(page.xpath("//body//text()"))
        assert (len(page.xpath("//h1")), len(page.xpath("//li"))) == (1, 8)
        for part in ("An Marie Peeters", holder, "CBE 0406798006", "36", "90"):
            assert part in words
        assert "{" not in words
    other = contract(sandbox, cards["an"])
    assert etree.tostring(other) != etree.tostring(agreed)


def test_an_acceptance_contract_says_that_it_is_a_test(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    text = call(sandbox.acceptance, messages.contract_request(cards["an"])).body.decode()
    assert "testcertificaat" in text
    assert "certificat de test" in text
    assert (
        "testcertificaat"
        not in call(sandbox.production, messages.contract_request(cards["an"])).body.decode()
    )


@pytest.mark.parametrize(
    ("card", "owner", "application_id", "code"),
    [
        ("an", ("CBE", "0406798007"), None, "INVALID_IDENTIFIER"),
        ("an", ("CBE", "406798006"), None, "INVALID_IDENTIFIER"),
        ("an", ("KBO", "0406798006"), None, "INVALID_IDENTIFIER"),
        ("an", ("EHP", "1990000035"), None, "UNKNOWN_ORGANIZATION"),
        ("an", ("CBE", "0809394427"), None, "SIGNER_NOT_AUTHORIZED"),
        ("luc", HOSPITAL, None, "SIGNER_NOT_AUTHORIZED"),
        ("sofie", HOSPITAL, None, "SIGNER_NOT_AUTHORIZED"),
        ("an", ("SSIN", "85073003328"), None, "SIGNER_NOT_AUTHORIZED"),
        ("sofie", ("SSIN", "00010100105"), "APP", "INVALID_APPLICATION_ID"),
        ("an", HOSPITAL, "two words", "INVALID_APPLICATION_ID"),
        ("an", HOSPITAL, "A" * 31, "INVALID_APPLICATION_ID"),
        ("an", HOSPITAL, "", "INVALID_APPLICATION_ID"),
        ("an", ("NIHII-HOSPITAL", "71000436"), "labo-é", "success"),
    ],
)
def test_who_may_have_a_contract(
    sandbox: SandboxProcess,
    cards: dict[str, Identity],
    card: str,
    owner: tuple[str, str],
    application_id: str | None,
    code: str,
) -> None:
    assert (
        call(sandbox.production, messages.contract_request(cards[card], owner, application_id)).code == code
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("an@maasdal.example", "nobody", "INVALID_CONTACT_DATA"),
        ("an@maasdal.example", "@", "INVALID_CONTACT_DATA"),
        ("+32 81 00 00 00", "call me", "INVALID_CONTACT_DATA"),
        (
            '<c:Id Type="SSIN">85073003328</c:Id>',
            '<c:Id Type="SSIN">85073003329</c:Id>',
            "INVALID_IDENTIFIER",
        ),
        ('<c:Id Type="SSIN">85073003328</c:Id>', '<c:Id Type="CBE">0406798006</c:Id>', "INVALID_IDENTIFIER"),
        ('<c:Id Type="CBE">', '<c:Id Type="CBE">0406798006</c:Id><c:Id Type="CBE">', "INVALID_ACTOR"),
    ],
)
def test_a_contract_request_with_a_wrong_part(
    sandbox: SandboxProcess, cards: dict[str, Identity], old: str, new: str, code: str
) -> None:
    text = etree.tostring(messages.contract_request(cards["an"]), encoding="unicode")
    assert old in text
    assert call(sandbox.production, etree.fromstring(text.replace(old, new))).code == code


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("k:DN", "CN=CBE\\=0406798006"),
        ("k:Signer/c:Name", "Peters"),
        ("k:Signer/c:FirstName", "Anna"),
        ("k:Text/k:Value", "I agree to nothing."),
    ],
)
def test_an_altered_contract_is_refused(
    sandbox: SandboxProcess, cards: dict[str, Identity], path: str, value: str
) -> None:
    agreed = contract(sandbox, cards["an"])
    pkcs10 = messages.csr(agreed.findtext("k:DN", "", NS), messages.new_key())
    part = agreed.find(path, NS)
    assert part is not None
    part.text = value
    assert send(sandbox, cards["an"], agreed, pkcs10) == "CONTRACT_MISMATCH"


def test_a_contract_of_the_other_environment_is_refused(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    agreed = call(sandbox.acceptance, messages.contract_request(cards["an"])).element.find("m:Contract", NS)
    assert agreed is not None
    pkcs10 = messages.csr(agreed.findtext("k:DN", "", NS), messages.new_key())
    assert send(sandbox, cards["an"], agreed, pkcs10) == "CONTRACT_MISMATCH"


def test_only_the_signer_of_the_contract_may_sign(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    agreed = contract(sandbox, cards["an"])
    pkcs10 = messages.csr(agreed.findtext("k:DN", "", NS), messages.new_key())
    assert send(sandbox, cards["luc"], agreed, pkcs10) == "SIGNER_MISMATCH"


def test_a_mandate_that_ended_meanwhile_is_noticed(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    agreed = contract(sandbox, cards["an"])
    ended = {"ssin": "85073003328", "organisation": {"type": "CBE", "value": "0406798006"}}
    ended |= {"since": "2019-03-01", "until": "2024-12-31"}
    sandbox.control_post("/control/source", {"mandates": [ended]}, method="PATCH")
    pkcs10 = messages.csr(agreed.findtext("k:DN", "", NS), messages.new_key())
    assert send(sandbox, cards["an"], agreed, pkcs10) == "SIGNER_NOT_AUTHORIZED"


def test_the_name_of_the_request_must_be_the_contracts(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    agreed = contract(sandbox, cards["an"])
    dn = agreed.findtext("k:DN", "", NS)
    for wrong in (dn.replace("MAASDAL", "MAASDAM"), dn.replace("OU=eHealth-platform Belgium,", "")):
        assert send(sandbox, cards["an"], agreed, messages.csr(wrong, messages.new_key())) == "DN_MISMATCH"


def test_names_are_compared_by_meaning(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    """A backslash that some software leaves inside the value is no other name."""
    agreed = contract(sandbox, cards["an"])
    dn = agreed.findtext("k:DN", "", NS).replace("\\=", "\\\\\\=")
    assert send(sandbox, cards["an"], agreed, messages.csr(dn, messages.new_key())) == "success"


def _small_key(name: x509.Name) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  weak on purpose
    return _der(x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()))


def _elliptic_key(name: x509.Name) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return _der(x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()))


def _other_hash(name: x509.Name) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return _der(builder.sign(messages.new_key(), hashes.SHA512()))


def _attribute(name: x509.Name) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return _der(
        builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, b"x").sign(messages.new_key(), hashes.SHA256())
    )


def _broken_signature(name: x509.Name) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    der = bytearray(_der(builder.sign(messages.new_key(), hashes.SHA256())))
    der[-1] ^= 1
    return bytes(der)


def _garbage(_name: x509.Name) -> bytes:
    return b"no request"


def _der(request: x509.CertificateSigningRequest) -> bytes:
    return request.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    "make", [_small_key, _elliptic_key, _other_hash, _attribute, _broken_signature, _garbage]
)
def test_a_poor_certificate_signing_request_is_refused(
    sandbox: SandboxProcess, cards: dict[str, Identity], make: Callable[[x509.Name], bytes]
) -> None:
    agreed = contract(sandbox, cards["an"])
    name = x509.Name.from_rfc4514_string(agreed.findtext("k:DN", "", NS))
    assert send(sandbox, cards["an"], agreed, make(name)) == "INVALID_CSR"


def test_base_services_must_be_open_to_the_holder(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    agreed = contract(sandbox, cards["an"])
    dn = agreed.findtext("k:DN", "", NS)
    refused = send(sandbox, cards["an"], agreed, messages.csr(dn, messages.new_key()), "tsa", "telepathy")
    assert refused == "BASE_SERVICE_NOT_AVAILABLE"
    assert (
        send(sandbox, cards["an"], agreed, messages.csr(dn, messages.new_key()), "tsa", "codage") == "success"
    )


def test_what_was_received_is_kept_to_the_byte(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    element = messages.contract_request(cards["an"])
    call(sandbox.production, element)
    (entry,) = sandbox.control_get("/control/received")
    assert base64.b64decode(entry["body"]) == messages.envelope(element)
    assert (entry["environment"], entry["operation"], entry["outcome"]) == (
        "production",
        "GenerateContract",
        "success",
    )
