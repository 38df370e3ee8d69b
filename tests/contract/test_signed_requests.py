"""Every request that the agent signs, whatever people are called: the schemas take it, and it reads back the same."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.wire.jobs import (
    REVOCATION_REASONS,
    CertificateContent,
    ContactData,
    Contract,
    Identifier,
    LocalisedText,
    RevocationContent,
    RevocationContract,
    Signer,
)
from agent.wire.strict_json import is_xml_text
from agent.wire.xml.frame import RequestFacts
from agent.wire.xml.question import (
    build_actor_qualities,
    build_info_for_certificate,
    build_info_for_citizen,
    read_actor_qualities,
    read_info_for_certificate,
    read_info_for_citizen,
)
from agent.wire.xml.request import application_id_of, build_generate_certificate, read_generate_certificate
from agent.wire.xml.revoke import build_revoke, read_revoke
from agent.wire.xml.signature import key_signer, sign_enveloped, verify_enveloped
from agent.wire.xml.token import (
    build_activate,
    build_complete_registration,
    build_start_registration,
    read_activate,
    read_complete_registration,
    read_start_registration,
)
from tests.contract.harms import harm
from tests.contract.schemas import WHOSE, verdicts
from tests.contract.test_properties import VALUES, agree
from tests.support.authority import Authority, EhealthCertificate
from tests.support.holder import any_key

MOMENT = st.integers(1_600_000_000, 2_200_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
TEXT = st.one_of(
    st.sampled_from(
        [
            "Zoë D'Hooghe-O’Brien",
            "Łukasz Żółć",
            "Ngô Thị Ánh",
            "e\u0301lodie",
            "\u202eecnerP",
            "Ω𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
            "]]>&amp;<!-- \r\n\t \"'",
            " ",
        ]
    ),
    st.text(min_size=1, max_size=80).filter(is_xml_text),
)
HTML = st.one_of(TEXT, TEXT.map(lambda text: f"<p>{text}</p>" * 80))
LANGUAGE = st.one_of(
    st.sampled_from(["nl", "fr", "de", "en", "fr-BE", "zh-Hant-TW", "sr-Latn-RS"]),
    st.from_regex(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", fullmatch=True),
)
PERSON = st.builds(Identifier, st.from_regex(r"[A-Z][A-Z0-9_-]{1,30}", fullmatch=True), TEXT)
SIGNER = st.builds(
    Signer,
    st.lists(PERSON, min_size=1, max_size=3).map(tuple),
    st.lists(TEXT, max_size=4).map(tuple),
    TEXT,
)
TEXTS = st.lists(st.builds(LocalisedText, LANGUAGE, HTML), min_size=1, max_size=5).map(tuple)
CONTACT = st.builds(ContactData, TEXT, st.none() | TEXT, TEXT, st.none() | TEXT)
CERTIFICATE = st.builds(
    lambda contact, contract, services: CertificateContent(
        contact, contract, application_id_of(contract.dn), services
    ),
    CONTACT,
    st.builds(
        Contract, TEXT | st.just("CN=CBE\\=0406798006\\, LABO,OU=CBE\\=0406798006,C=BE"), SIGNER, TEXTS
    ),
    st.lists(TEXT, max_size=4).map(tuple),
)
REVOCATION = st.builds(
    RevocationContent,
    st.binary(min_size=20, max_size=20).map(bytes.hex),
    st.builds(RevocationContract, TEXT, SIGNER, TEXTS, st.sampled_from(REVOCATION_REASONS)),
)


@cache
def system() -> EhealthCertificate:
    """One eHealth certificate for all examples."""
    return Authority().issue(any_key())


def signed(data: bytes) -> bytes:
    """With the certificate's own key; the schemas do not care whose key it is."""
    chain: tuple[x509.Certificate, ...] = system().chain
    return sign_enveloped(data, chain=chain, sign=key_signer(system().key))


def check(
    build: Callable[..., bytes], read: Callable[[bytes], Any], moment: datetime, *content: Any
) -> RequestFacts:
    """Build, sign, judge by every schema at hand, and read what was signed."""
    identifier = f"_{uuid.uuid4()}"
    unsigned = build(*content, request_id=identifier, issue_instant=moment)
    message = signed(unsigned)
    assert verdicts(etree.fromstring(message)) == dict.fromkeys(WHOSE, True)
    facts = read(message)
    assert facts.signature_present
    for data in (unsigned, verify_enveloped(message).data):
        again = read(data)
        assert not again.signature_present
        assert vars(again) | {"signature_present": True} == vars(facts)
    assert (facts.request_id, facts.issue_instant) == (identifier, moment)
    kept: RequestFacts = facts
    return kept


def travels(content: Any) -> bool:
    """Whether it is the same after a job document has carried it."""
    return bool(type(content).from_json(json.loads(json.dumps(content.to_json()))) == content)


few = settings(max_examples=20, deadline=None)


@few
@given(content=CERTIFICATE, csr=st.binary(min_size=1, max_size=2000), moment=MOMENT)
def test_generate_certificate(content: CertificateContent, csr: bytes, moment: datetime) -> None:
    facts: Any = check(build_generate_certificate, read_generate_certificate, moment, content, csr)
    assert (facts.content, facts.csr_der) == (content, csr)
    assert travels(content)


@few
@given(content=REVOCATION, moment=MOMENT)
def test_revoke(content: RevocationContent, moment: datetime) -> None:
    facts: Any = check(build_revoke, read_revoke, moment, content)
    assert facts.content == content
    assert travels(content)


@few
@given(person=PERSON, moment=MOMENT)
def test_actor_qualities(person: Identifier, moment: datetime) -> None:
    facts: Any = check(build_actor_qualities, read_actor_qualities, moment, person)
    assert facts.person == person
    assert travels(person)


@pytest.mark.parametrize(
    ("build", "read"),
    [
        (build_info_for_citizen, read_info_for_citizen),
        (build_info_for_certificate, read_info_for_certificate),
        (build_activate, read_activate),
    ],
)
@settings(max_examples=5, deadline=None)
@given(moment=MOMENT)
def test_requests_that_say_nothing_but_who_signs(
    build: Callable[..., bytes], read: Callable[[bytes], RequestFacts], moment: datetime
) -> None:
    assert type(check(build, read, moment)) is RequestFacts


@settings(max_examples=5, deadline=None)
@given(moment=MOMENT)
def test_start_registration(moment: datetime) -> None:
    key: rsa.RSAPublicKey = any_key().public_key()
    facts: Any = check(build_start_registration, read_start_registration, moment, key)
    assert facts.public_key == key


@few
@given(der=st.binary(min_size=1, max_size=8192), moment=MOMENT)
def test_complete_registration(der: bytes, moment: datetime) -> None:
    facts: Any = check(build_complete_registration, read_complete_registration, moment, der)
    assert facts.certificate_der == der


WHEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
WHO = Signer((Identifier("SSIN", "85073003328"),), ("An", "Marie"), "Peeters")
TWO = (LocalisedText("nl", "<p>Akkoord</p>"), LocalisedText("fr", "<p>D'accord</p>"))
BUILT: dict[str, tuple[Callable[..., bytes], tuple[Any, ...]]] = {
    "GenerateCertificate": (
        build_generate_certificate,
        (
            CertificateContent(
                ContactData("a@b.example", "c@b.example", "1", "2"),
                Contract("CN=x", WHO, TWO),
                None,
                ("tsa",),
            ),
            b"csr",
        ),
    ),
    "Revoke": (
        build_revoke,
        (RevocationContent("0d" * 20, RevocationContract("CN=x", WHO, TWO, "superseded")),),
    ),
    "GetActorQualities": (build_actor_qualities, (Identifier("SSIN", "85073003328"),)),
    "GetCertificateInfoForCitizen": (build_info_for_citizen, ()),
    "GetCertificateInfoForAuthenticationCertificate": (build_info_for_certificate, ()),
    "StartETKRegistration": (build_start_registration, (any_key().public_key(),)),
    "CompleteETKRegistration": (build_complete_registration, (b"certificate",)),
    "ActivateETK": (build_activate, ()),
}


@cache
def built(name: str) -> bytes:
    """One signed request of each kind."""
    build, content = BUILT[name]
    return signed(build(*content, request_id=f"_{uuid.UUID(int=1)}", issue_instant=WHEN))


@pytest.mark.parametrize("name", BUILT)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_was_signed_and_then_broken_gets_one_verdict(name: str, data: st.DataObject) -> None:
    message = etree.fromstring(built(name))
    for _ in range(data.draw(st.integers(1, 3))):
        harm(message, data, VALUES)
    agree(message)
