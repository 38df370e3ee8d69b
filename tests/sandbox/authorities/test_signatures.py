"""What the sandbox refuses to believe: moved, doubled, weakened or foreign signatures, and cards that may not sign."""

import base64
import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from lxml import etree

from deploy.sandbox.authorities import signatures
from deploy.sandbox.authorities.citizens import Identity, Person, make_identity
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.soap import Refusal
from deploy.sandbox.state.store import Store
from tests.sandbox import messages
from tests.sandbox.conftest import AN
from tests.sandbox.messages import DS, NS, call
from tests.support.sandbox import SandboxProcess

Attack = Callable[[etree._Element], None]


def question(card: Identity, purpose: str = "Authentication") -> etree._Element:
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{card.person.ssin}</m:SSIN>')
    return messages.sign_as(element, card, purpose)


def card_of(sandbox: SandboxProcess, person: Person = AN, **options: object) -> Identity:
    store = Store(sandbox.state)
    return make_identity(Pki.load(sandbox.state, store), store, person, datetime.now(UTC), **options)  # type: ignore[arg-type]  # options as in the function


def _signature(element: etree._Element) -> etree._Element:
    found = element.find("ds:Signature", NS)
    assert found is not None
    return found


def _alter_content(element: etree._Element) -> None:
    element[0].text = "93051822361"


def _alter_instant(element: etree._Element) -> None:
    element.set("IssueInstant", "2020-01-01T00:00:00Z")


def _empty_reference(element: etree._Element) -> None:
    _reference(element).set("URI", "")


def _no_reference_address(element: etree._Element) -> None:
    del _reference(element).attrib["URI"]


def _second_reference(element: etree._Element) -> None:
    reference = _reference(element)
    reference.addnext(copy.deepcopy(reference))


def _second_signature(element: etree._Element) -> None:
    element.append(copy.deepcopy(_signature(element)))


def _signature_in_object(element: etree._Element) -> None:
    signature = _signature(element)
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.append(copy.deepcopy(element))


def _wrapped_original(element: etree._Element) -> None:
    """The classic: the signed original hides in an Object, the outer request says something else."""
    original = copy.deepcopy(element)
    original.remove(_signature(original))
    etree.SubElement(_signature(element), f"{{{DS}}}Object").append(original)
    element.set("Id", "_evil")
    element[0].text = "93051822361"


def _hidden_identifier(element: etree._Element) -> None:
    """An xml:id beside the Id could make another element answer to the same name."""
    signature = _signature(element)
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    holder.set("{http://www.w3.org/XML/1998/namespace}id", "x")


def _key_value(element: etree._Element) -> None:
    key_info = _signature(element).find("ds:KeyInfo", NS)
    assert key_info is not None
    value = etree.SubElement(etree.SubElement(key_info, f"{{{DS}}}KeyValue"), f"{{{DS}}}RSAKeyValue")
    etree.SubElement(value, f"{{{DS}}}Modulus").text = "AAAA"
    etree.SubElement(value, f"{{{DS}}}Exponent").text = "AQAB"


def _weak_method(element: etree._Element) -> None:
    _method(element).set("Algorithm", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")


def _sha1_digest(element: etree._Element) -> None:
    method = _reference(element).find("ds:DigestMethod", NS)
    assert method is not None
    method.set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")


def _elliptic_method(element: etree._Element) -> None:
    _method(element).set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384")


def _inclusive_namespaces(element: etree._Element) -> None:
    transform = _reference(element).findall("ds:Transforms/ds:Transform", NS)[1]
    name = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
    etree.SubElement(transform, name, {"PrefixList": "c"})


def _xslt(element: etree._Element) -> None:
    transforms = _reference(element).find("ds:Transforms", NS)
    assert transforms is not None
    xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116"
    etree.SubElement(transforms, f"{{{DS}}}Transform", {"Algorithm": xslt})


def _not_a_certificate(element: etree._Element) -> None:
    certificate = _signature(element).find(".//ds:X509Certificate", NS)
    assert certificate is not None
    certificate.text = base64.b64encode(b"no certificate").decode()


def _altered_value(element: etree._Element) -> None:
    value = _signature(element).find("ds:SignatureValue", NS)
    assert value is not None
    value.text = base64.b64encode(bytes(256)).decode()


def _reference(element: etree._Element) -> etree._Element:
    found = _signature(element).find("ds:SignedInfo/ds:Reference", NS)
    assert found is not None
    return found


def _method(element: etree._Element) -> etree._Element:
    found = _signature(element).find("ds:SignedInfo/ds:SignatureMethod", NS)
    assert found is not None
    return found


ATTACKS: list[Attack] = [
    *(_alter_content, _alter_instant, _altered_value, _not_a_certificate),
    *(_empty_reference, _no_reference_address, _second_reference),
    *(_signature_in_object, _wrapped_original, _hidden_identifier, _key_value),
    *(_weak_method, _sha1_digest, _elliptic_method, _inclusive_namespaces, _xslt),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.strip("_"))
def test_a_tampered_request_is_refused(
    sandbox: SandboxProcess, cards: dict[str, Identity], attack: Attack
) -> None:
    element = question(cards["an"])
    assert call(sandbox.production, element).code == "success"
    attack(element)
    # What hides something in the message is already no longer a message of the schema.
    hiding = attack in (_signature_in_object, _wrapped_original, _hidden_identifier)
    assert call(sandbox.production, element).code == ("SOA-03006" if hiding else "INVALID_SIGNATURE")
    with pytest.raises(Refusal) as refused:
        signatures.verify(element)
    assert refused.value.code == "INVALID_SIGNATURE"


def test_a_second_signature_does_not_pass_the_schema(
    sandbox: SandboxProcess, cards: dict[str, Identity]
) -> None:
    element = question(cards["an"])
    _second_signature(element)
    assert call(sandbox.production, element).code == "SOA-03006"


@pytest.mark.parametrize(
    ("digest", "transforms"),
    [
        ("TransformSha1", ("TransformEnveloped", "TransformExclC14N")),
        ("TransformSha512", ("TransformEnveloped", "TransformExclC14N")),
        ("TransformSha256", ("TransformEnveloped",)),
        ("TransformSha256", ("TransformEnveloped", "TransformInclC14N")),
    ],
)
def test_another_profile_is_refused_though_it_verifies(
    sandbox: SandboxProcess, cards: dict[str, Identity], digest: str, transforms: tuple[str, ...]
) -> None:
    card = cards["an"]
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{AN.ssin}</m:SSIN>')
    signed = messages.sign(
        element,
        card.authentication_key,
        (card.authentication, card.authority, card.root),
        digest=getattr(xmlsec.constants, digest),
        transforms=tuple(getattr(xmlsec.constants, t) for t in transforms),
    )
    assert call(sandbox.production, signed).code == "INVALID_SIGNATURE"


def test_elliptic_cards_may_use_sha256_too(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    card = cards["an384"]
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{AN.ssin}</m:SSIN>')
    chain = (card.authentication, card.authority, card.root)
    method = xmlsec.constants.TransformEcdsaSha256
    assert (
        call(sandbox.production, messages.sign(element, card.authentication_key, chain, method=method)).code
        == "success"
    )


def test_the_other_key_of_the_card_is_refused(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    assert call(sandbox.production, question(cards["an"], "Signature")).code == "WRONG_KEY_USAGE"


def test_another_person_is_refused(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{AN.ssin}</m:SSIN>')
    signed = messages.sign_as(element, cards["luc"], "Authentication")
    assert call(sandbox.production, signed).code == "SIGNER_MISMATCH"


@pytest.mark.parametrize("chain", ["leaf only", "without root", "wrong order", "other authority"])
def test_the_chain_must_be_the_cards(sandbox: SandboxProcess, cards: dict[str, Identity], chain: str) -> None:
    card = cards["an"]
    issuing = x509.load_pem_x509_certificate((sandbox.pki / "production" / "issuing.pem").read_bytes())
    chains = {
        "leaf only": (card.authentication,),
        "without root": (card.authentication, card.authority),
        "wrong order": (card.authentication, card.root, card.authority),
        "other authority": (card.authentication, issuing, card.root),
    }
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{AN.ssin}</m:SSIN>')
    signed = messages.sign(element, card.authentication_key, chains[chain])
    assert call(sandbox.production, signed).code == "CERTIFICATE_NOT_TRUSTED"


def test_a_self_made_card_is_refused(sandbox: SandboxProcess, cards: dict[str, Identity]) -> None:
    card, key = cards["an"], messages.new_key()
    forged = (
        x509.CertificateBuilder(extensions=list(card.authentication.extensions))
        .subject_name(card.authentication.subject)
        .issuer_name(card.authority.subject)
        .serial_number(card.authentication.serial_number)
        .public_key(key.public_key())
        .not_valid_before(card.authentication.not_valid_before_utc)
        .not_valid_after(card.authentication.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )
    element = messages.request("GetActorQualities", f'<m:SSIN Type="SSIN">{AN.ssin}</m:SSIN>')
    signed = messages.sign(element, key, (forged, card.authority, card.root))
    assert call(sandbox.production, signed).code == "CERTIFICATE_NOT_TRUSTED"


def test_an_expired_card_is_refused(sandbox: SandboxProcess) -> None:
    card = card_of(sandbox, expired=True)
    assert card.signature.not_valid_after_utc < datetime.now(UTC)
    assert call(sandbox.production, question(card)).code == "CERTIFICATE_EXPIRED"


def test_a_card_from_the_future_is_refused(sandbox: SandboxProcess) -> None:
    card = card_of(sandbox)
    sandbox.control_post("/control/clock", {"offset_seconds": -timedelta(days=5 * 365).total_seconds()})
    assert call(sandbox.production, question(card)).code == "CERTIFICATE_EXPIRED"


def test_a_revoked_card_is_refused(sandbox: SandboxProcess) -> None:
    card = card_of(sandbox, revoked="authentication")
    assert call(sandbox.production, question(card)).code == "CERTIFICATE_REVOKED"


def test_a_card_that_was_never_activated_cannot_request(sandbox: SandboxProcess) -> None:
    card = card_of(sandbox, without_nonrepudiation=True)
    contract = call(sandbox.production, messages.contract_request(card)).element.find("m:Contract", NS)
    assert contract is not None
    pkcs10 = messages.csr(contract.findtext("k:DN", "", NS), messages.new_key())
    signed = messages.sign_as(messages.certificate_request(contract, pkcs10), card, "Signature")
    assert call(sandbox.production, signed).code == "WRONG_KEY_USAGE"
