import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from agent.wire.errors import MalformedXml
from agent.wire.jobs import CertificateContent
from agent.wire.strict_json import is_xml_text
from agent.wire.xml.request import build_generate_certificate, read_generate_certificate
from tests.wire.conftest import content_with

Build = Callable[[CertificateContent], bytes]
OFFICIAL = (
    Path(__file__).parents[4] / "shared/contract/xsd/ehealth-etee/XSD/ehealth-certra-schema-protocol-2_0.xsd"
)
odd_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(is_xml_text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(html=odd_text, email=odd_text)
def test_texts_survive_character_for_character(unsigned: Build, html: str, email: str) -> None:
    content = content_with(html, email)
    assert read_generate_certificate(unsigned(content)).content == content


@pytest.mark.parametrize(
    "html",
    [
        "a\r\nb\rc\td",
        "]]> <![CDATA[ x ]]>",
        "&amp; & &#13; \"'",
        "<!DOCTYPE html><!-- c --><?pi?>",
        "\U0001f600 \ufffd \u0085 \u2028",
        "  spaces  ",
    ],
)
def test_awkward_html_survives(unsigned: Build, html: str) -> None:
    assert read_generate_certificate(unsigned(content_with(html))).content.contract.texts[0].html == html


@pytest.mark.parametrize("html", ["\x00", "\x0b", "\x1b[31m", "\ufffe", "\ud800"])
def test_what_xml_cannot_carry_is_refused(unsigned: Build, html: str) -> None:
    with pytest.raises(MalformedXml):
        unsigned(content_with(html))


def test_facts_are_those_put_in(unsigned: Build, csr: bytes) -> None:
    facts = read_generate_certificate(unsigned(content_with()))
    assert facts.csr_der == csr
    assert facts.issue_instant == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert uuid.UUID(facts.request_id[1:]).version == 4
    assert not facts.signature_present


def test_application_id_must_be_that_of_the_name(csr: bytes) -> None:
    content = replace(content_with(), application_id="OTHER")
    with pytest.raises(MalformedXml):
        build_generate_certificate(
            content, csr, request_id=f"_{uuid.uuid4()}", issue_instant=datetime.now(UTC)
        )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<certra:PhonePrivate>", b"<certra:Surprise/><certra:PhonePrivate>"),
        (b"<certra:PhonePrivate>", b"<!-- hidden --><certra:PhonePrivate>"),
        (b"<certra:EmailPrivate>", b"<certra:EmailPrivate>x</certra:EmailPrivate><certra:EmailPrivate>"),
        (b"<certra:EmailPrivate>", b'<certra:EmailPrivate lang="nl">'),
        (b"an@example.org", b"an@<!-- -->example.org"),
        (b"an@example.org", b"<b>an@example.org</b>"),
        (b"<EHealthCSR>", b"text<EHealthCSR>"),
        (b"<EHealthCSR>", b"<EHealthCSR xmlns='urn:other'>"),
        (b"<GenerateCertificateRequest", b"<?x y?><GenerateCertificateRequest"),
        (b"<GenerateCertificateRequest", b"<!-- c --><GenerateCertificateRequest"),
        (b"<GenerateCertificateRequest", b"<!DOCTYPE x><GenerateCertificateRequest"),
        (b"<GenerateCertificateRequest", b'<!DOCTYPE x [<!ENTITY e "y">]><GenerateCertificateRequest'),
        (
            b"<GenerateCertificateRequest",
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><GenerateCertificateRequest',
        ),
        (
            b"<GenerateCertificateRequest",
            b'<?xml version="1.0" encoding="latin-1"?><GenerateCertificateRequest',
        ),
        (b"<GenerateCertificateRequest", b"\xef\xbb\xbf<GenerateCertificateRequest"),
        (b"Id=", b'xmlns:xsi="urn:x" xsi:type="y" Id='),
        (b'Id="_', b'Id="x'),
        (b"09:30:00Z", b"09:30:00+02:00"),
        (b"09:30:00Z", b"09:61:00Z"),
        (b"<certra:CSR>", b"<certra:CSR> "),
        (b"<certra:CSR>", b"<certra:CSR>!"),
        (b"an@example.org", b"an@\xff.org"),
        (b"an@example.org", b"&nobody;"),
        (b"<certra:EmailPrivate>", b"<x>" * 40 + b"</x>" * 40 + b"<certra:EmailPrivate>"),
        (b"</GenerateCertificateRequest>", b"</GenerateCertificateRequest><x/>"),
    ],
)
def test_anything_that_does_not_belong_is_refused(unsigned: Build, old: bytes, new: bytes) -> None:
    data = unsigned(content_with())
    assert old in data
    with pytest.raises(MalformedXml) as refused:
        read_generate_certificate(
            data.replace(old, new, 1) if b"</Gen" not in old else data.replace(old, new)
        )
    assert refused.value.code == "request_malformed"


def test_size_is_bounded_both_ways(unsigned: Build) -> None:
    with pytest.raises(MalformedXml) as built:
        unsigned(content_with("<" * 90_000))
    assert built.value.code == "request_too_large"
    with pytest.raises(MalformedXml) as read:
        read_generate_certificate(b" " * 300_000)
    assert read.value.code == "request_too_large"


if OFFICIAL.exists():  # reference data beside the checkout; its text may not be copied into the project

    def test_the_official_schema_accepts_what_we_sign(signed: bytes) -> None:
        etree.XMLSchema(etree.parse(OFFICIAL)).assertValid(etree.fromstring(signed))
