import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.wire.jobs import (
    CertificateContent,
    ContactData,
    Contract,
    Identifier,
    LocalisedText,
    RevocationContract,
    Signer,
)
from agent.wire.pki.keys import make_csr
from agent.wire.pki.names import ehealth_dn
from agent.wire.xml.request import build_generate_certificate
from agent.wire.xml.signature import sign_enveloped
from tests.support.cards import CitizenPki, SoftwareCard, raw_sign

DN = ehealth_dn("CBE", "0406798006", "AZ Sint-Élisabeth", "APP_1")


def content_with(html: str = "<p>Ik ga akkoord.</p>", email: str = "an@example.org") -> CertificateContent:
    signer = Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters")
    contract = Contract(DN, signer, (LocalisedText("nl", html), LocalisedText("fr", "<p>D'accord</p>")))
    return CertificateContent(
        ContactData(email, None, "+32 2 000 00 00", "+32 9"), contract, "APP_1", ("tsa",)
    )


def revocation_contract(html: str = "<p>Ik trek in.</p>") -> RevocationContract:
    agreed = content_with(html).contract
    return RevocationContract(agreed.dn, agreed.signer, agreed.texts, "keyCompromise")


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def csr(key: rsa.RSAPrivateKey) -> bytes:
    return make_csr(key, DN)


@pytest.fixture(scope="session")
def pki() -> CitizenPki:
    return CitizenPki()


@pytest.fixture(scope="session", params=["rsa", "p384"])
def card(request: pytest.FixtureRequest, pki: CitizenPki) -> SoftwareCard:
    return pki.card(algorithm=request.param)


@pytest.fixture(scope="session")
def unsigned(csr: bytes) -> Callable[[CertificateContent], bytes]:
    def build(content: CertificateContent) -> bytes:
        identifier = f"_{uuid.uuid4()}"
        return build_generate_certificate(
            content, csr, request_id=identifier, issue_instant=datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
        )

    return build


@pytest.fixture(scope="session")
def signed(card: SoftwareCard, unsigned: Callable[[CertificateContent], bytes]) -> bytes:
    sign = raw_sign(card.signature_key)
    return sign_enveloped(unsigned(content_with()), chain=card.signature_chain, sign=sign)
