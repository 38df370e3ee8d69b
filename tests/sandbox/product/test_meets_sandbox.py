"""The product's own codec and client, the sandbox's verifier: written apart, they must understand each other."""

import uuid
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from zeep import Client

from agent.wire.jobs import CertificateContent, ContactData, Contract, Identifier, LocalisedText, Signer
from agent.wire.pki.keys import make_csr, public_key_identifier
from agent.wire.xml.request import build_generate_certificate
from agent.wire.xml.signature import sign_enveloped
from deploy.sandbox.authorities.citizens import Identity
from deploy.sandbox.services import ACTIONS
from tests.contract.schemas import OWN
from tests.sandbox import messages
from tests.sandbox.messages import NS, post
from tests.sandbox.operations.test_journey import certificates, get
from tests.support.sandbox import SandboxProcess

PERSON = {
    "Id": [{"_value_1": "85073003328", "Type": "SSIN"}],
    "FirstName": ["An", "Marie"],
    "Name": "Peeters",
}
CONTACT = {"EmailPrivate": "an@maasdal.example", "PhonePrivate": "+32 81 00 00 00"}


def _card_signs(card: Identity, data: bytes) -> bytes:
    """As a card does it: PKCS#1 for RSA; for P-384 the raw r and s."""
    key = card.signature_key
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA384())))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


@pytest.mark.parametrize("name", ["an", "an384"])
def test_zeep_asks_the_agent_signs_the_sandbox_believes(
    sandbox: SandboxProcess, cards: dict[str, Identity], name: str
) -> None:
    card = cards[name]
    client = Client(str(OWN / "certra.wsdl"))
    service = client.create_service("{urn:ehportal:certra:v2}CertRaSoap11", f"{sandbox.production}/CertRa/v2")
    hospital = {"Id": [{"_value_1": "0406798006", "Type": "CBE"}], "Name": "AZ"}
    answer = service.GenerateContract(
        Id=f"_{uuid.uuid4()}",
        IssueInstant=datetime.now(UTC),
        ContactData=CONTACT,
        Signer=PERSON,
        CertificateIdentifier={"Actor": hospital, "ApplicationId": "LABO"},
    )
    client.transport.session.close()
    agreed = answer["Contract"]
    content = CertificateContent(
        ContactData(CONTACT["EmailPrivate"], None, CONTACT["PhonePrivate"], None),
        Contract(
            agreed["DN"],
            Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters"),
            tuple(LocalisedText(v["lang"], v["_value_1"]) for v in agreed["Text"]["Value"]),
        ),
        "LABO",
        ("tsa",),
    )
    key = messages.new_key()
    unsigned = build_generate_certificate(
        content, make_csr(key, agreed["DN"]), request_id=f"_{uuid.uuid4()}", issue_instant=datetime.now(UTC)
    )
    chain = (card.signature, card.authority, card.root)
    signed = sign_enveloped(unsigned, chain=chain, sign=lambda data, _: _card_signs(card, data))
    soap = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%b</s:Body></s:Envelope>'
        % signed
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIONS["GenerateCertificate"]}"'}
    reply = post(sandbox.production, soap, headers)
    assert reply.code == "success", reply.body
    pki = public_key_identifier(key.public_key())
    assert reply.element.findtext("m:PublicKeyIdentifier", "", NS) == pki.upper()
    assert certificates(get(sandbox.production, pki))[0].public_key() == key.public_key()
