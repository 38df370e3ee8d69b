"""Every signed request of the product's own codec goes over HTTP to the sandbox, whose verifier is another's."""

import base64
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from lxml import etree

from agent.wire.jobs import (
    Identifier,
    LocalisedText,
    RevocationContent,
    RevocationContract,
    Signer,
    read_reason,
)
from agent.wire.xml.question import build_actor_qualities, build_info_for_certificate, build_info_for_citizen
from agent.wire.xml.revoke import build_revoke
from agent.wire.xml.signature import key_signer, sign_enveloped
from agent.wire.xml.token import build_activate, build_complete_registration, build_start_registration
from deploy.sandbox.authorities.citizens import Identity
from deploy.sandbox.services import ACTIONS, PATHS
from tests.contract.schemas import assert_valid
from tests.sandbox import messages
from tests.sandbox.messages import NS, Reply, actor, post
from tests.sandbox.tokens.messages import System, encryption_certificate, open_challenge, system
from tests.support.cards import raw_sign
from tests.support.sandbox import SandboxProcess

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
Sign = Callable[[bytes, str], bytes]


def send(base: str, unsigned: bytes, chain: Sequence[x509.Certificate], sign: Sign) -> Reply:
    """Sign with the product's code and send the bytes as they are; question and answer satisfy every schema."""
    signed = sign_enveloped(unsigned, chain=chain, sign=sign)
    element = etree.fromstring(signed)
    assert_valid(element)
    operation = etree.QName(element).localname.removesuffix("Request")
    soap = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%b</s:Body></s:Envelope>'
        % signed
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIONS[operation]}"'}
    reply = post(base, soap, headers, PATHS[operation])
    assert_valid(reply.detail if reply.status == 500 else reply.element)
    return reply


def by_card(base: str, card: Identity, unsigned: bytes, purpose: str) -> Reply:
    """Signed with one of a card's keys, the whole chain in KeyInfo."""
    leaf, key = (
        (card.signature, card.signature_key)
        if purpose == "Signature"
        else (card.authentication, card.authentication_key)
    )
    return send(base, unsigned, (leaf, card.authority, card.root), raw_sign(key))


def by_system(holder: System, unsigned: bytes, *, root: bool = True) -> Reply:
    """Signed with the eHealth certificate's own key, with the root in KeyInfo or without."""
    chain = holder.chain if root else holder.chain[:-1]
    return send(holder.base, unsigned, chain, key_signer(holder.key))


def frame() -> dict[str, Any]:
    return {"request_id": f"_{uuid.uuid4()}", "issue_instant": datetime.now(UTC)}


@pytest.mark.parametrize("name", ["an", "an384"])
def test_a_card_asks_for_the_records(sandbox: SandboxProcess, cards: dict[str, Identity], name: str) -> None:
    card = cards[name]
    holder = system(sandbox, card)
    person = Identifier("SSIN", card.person.ssin)
    reply = by_card(sandbox.production, card, build_actor_qualities(person, **frame()), "Authentication")
    assert reply.code == "success"
    assert reply.element.findtext("m:OrganizationAuthorization/k:Identifier", "", NS)
    reply = by_card(sandbox.production, card, build_info_for_citizen(**frame()), "Authentication")
    assert reply.code == "success"
    found = reply.element.findtext("m:CertificateInfo/k:PublicKeyIdentifier", "", NS)
    assert found.lower() == holder.pki
    wrong = by_card(sandbox.production, card, build_info_for_citizen(**frame()), "Signature")
    assert wrong.code == "WRONG_KEY_USAGE"


@pytest.mark.parametrize("name", ["an", "an384"])
def test_a_card_revokes(sandbox: SandboxProcess, cards: dict[str, Identity], name: str) -> None:
    card = cards[name]
    holder = system(sandbox, card)
    signer = actor(("SSIN", card.person.ssin), *card.person.first_names.split(" "), card.person.surname)
    question = messages.request(
        "GenerateRevocationContract",
        f"<m:PublicKeyIdentifier>{holder.pki}</m:PublicKeyIdentifier><m:Signer>{signer}</m:Signer>"
        "<m:RevocationReason>cessationOfOperation</m:RevocationReason>",
    )
    agreed = messages.call(sandbox.production, question).element.find("m:Contract", NS)
    assert agreed is not None
    contract = RevocationContract(
        agreed.findtext("k:DN", "", NS),
        Signer(
            (Identifier("SSIN", card.person.ssin),),
            tuple(card.person.first_names.split(" ")),
            card.person.surname,
        ),
        tuple(LocalisedText(v.get(LANG, ""), v.text or "") for v in agreed.iterfind("k:Text/k:Value", NS)),
        read_reason(agreed.findtext("k:RevocationReason", "", NS)),
    )
    content = RevocationContent.from_json(RevocationContent(holder.pki, contract).to_json())
    assert by_card(sandbox.production, card, build_revoke(content, **frame()), "Signature").code == "success"
    status = by_system(holder, build_info_for_certificate(**frame()))
    assert status.code == "CERTIFICATE_REVOKED"


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_a_certificate_speaks_for_itself(
    sandbox: SandboxProcess, cards: dict[str, Identity], root: bool, environment: str
) -> None:
    holder, key = system(sandbox, cards["an"], environment=environment), messages.new_key()
    started = by_system(holder, build_start_registration(key.public_key(), **frame()), root=root)
    serial = int.from_bytes(open_challenge(started, key), "big")
    certificate = encryption_certificate(holder, key, serial)
    done = by_system(holder, build_complete_registration(certificate, **frame()), root=root)
    assert done.code == "success"
    assert certificate in base64.b64decode(done.element[1].text or "")
    info = by_system(holder, build_info_for_certificate(**frame()), root=root)
    assert info.element.findtext("m:CertificateInfo/k:ETKStatus", "", NS) == "VALID_ACTIVE"
    # Nothing waits for activation: understood and believed, and refused for that reason alone.
    assert by_system(holder, build_activate(**frame()), root=root).code == "ETK_ALREADY_ACTIVE"
