import re
from collections.abc import Callable, Iterator

import pytest
import xmlsec
from cryptography.hazmat.primitives import serialization
from lxml import etree

from agent.wire.errors import MalformedXml, SignatureInvalid, WireError
from agent.wire.jobs import CertificateContent
from agent.wire.xml.request import read_generate_certificate
from agent.wire.xml.signature import sign_enveloped, verify_enveloped
from tests.support.cards import CitizenPki, SoftwareCard, raw_sign
from tests.wire.conftest import content_with

Build = Callable[[CertificateContent], bytes]
SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.S)


def _signature(signed: bytes) -> bytes:
    match = SIGNATURE.search(signed)
    assert match
    return match[0]


def test_a_signed_request_verifies_and_gives_back_what_was_signed(signed: bytes, card: SoftwareCard) -> None:
    verified = verify_enveloped(signed)
    assert verified.certificate == card.signature
    assert verified.chain == tuple(card.signature_chain)
    assert read_generate_certificate(verified.data).content == content_with()
    assert not read_generate_certificate(verified.data).signature_present
    assert read_generate_certificate(signed).signature_present


def test_another_library_agrees(signed: bytes, card: SoftwareCard) -> None:
    root = etree.fromstring(signed)
    context = xmlsec.SignatureContext()
    pem = card.signature.public_bytes(serialization.Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    context.register_id(root, "Id")
    context.verify(root[-1])


def test_only_the_signature_is_added(unsigned: Build, card: SoftwareCard) -> None:
    data = unsigned(content_with("a\r\n<b>"))
    signed = sign_enveloped(data, chain=card.signature_chain, sign=raw_sign(card.signature_key))
    assert SIGNATURE.sub(b"", signed) == data
    assert b"KeyValue" not in signed


def test_a_card_that_signs_wrongly_is_noticed_at_once(unsigned: Build, card: SoftwareCard) -> None:
    wrong = raw_sign(card.authentication_key)
    with pytest.raises(SignatureInvalid):
        sign_enveloped(unsigned(content_with()), chain=card.signature_chain, sign=wrong)


def test_what_is_signed_already_is_not_signed_again(signed: bytes, card: SoftwareCard) -> None:
    with pytest.raises(MalformedXml):
        sign_enveloped(signed, chain=card.signature_chain, sign=raw_sign(card.signature_key))


def test_an_expired_card_still_verifies_so_that_the_caller_can_say_so(
    unsigned: Build, pki: CitizenPki
) -> None:
    expired = pki.card(algorithm="p384", expired=True)
    sign = raw_sign(expired.signature_key)
    signed = sign_enveloped(unsigned(content_with()), chain=expired.signature_chain, sign=sign)
    assert verify_enveloped(signed).certificate == expired.signature


def _attacks(signed: bytes) -> Iterator[tuple[str, bytes]]:
    signature = _signature(signed)
    plain = SIGNATURE.sub(b"", signed)
    end = b"</GenerateCertificateRequest>"
    identifier = re.search(rb' Id="(_[^"]+)"', signed)
    assert identifier
    root_id = identifier[1]
    changed = plain.replace(b"an@example.org", b"evil@example.org")
    yield "changed value", signed.replace(b"an@example.org", b"evil@example.org")
    yield "no signature", plain
    yield "two signatures", signed.replace(end, signature + end)
    reference = re.search(rb"<ds:Reference .*</ds:Reference>", signed)
    assert reference
    yield "two references", signed.replace(reference[0], reference[0] * 2)
    yield "no reference", signed.replace(reference[0], b"")
    yield "reference to another", signed.replace(b'URI="#' + root_id, b'URI="#other')
    yield "reference to the whole", signed.replace(b'URI="#' + root_id + b'"', b'URI=""')
    yield "signature not last", plain.replace(b"<EHealthCSR>", signature + b"<EHealthCSR>")
    yield "signature nested", plain.replace(b"</EHealthCSR>", signature + b"</EHealthCSR>")
    yield "element after signature", signed.replace(end, b"<x/>" + end)
    other_id = b"_00000000-0000-4000-8000-000000000000"
    fresh = changed.replace(root_id, other_id)
    yield (
        "moved body in Object",
        fresh.replace(
            end,
            signature.replace(b"</ds:Signature>", b"<ds:Object>" + plain + b"</ds:Object></ds:Signature>")
            + end,
        ),
    )
    yield "moved body beside", fresh.replace(end, plain + signature + end)
    yield "duplicate Id", changed.replace(end, plain + signature + end)
    yield "duplicate id, other case", signed.replace(b"<EHealthCSR>", b'<EHealthCSR id="' + root_id + b'">')
    yield "duplicate xml:id", signed.replace(b"<EHealthCSR>", b'<EHealthCSR xml:id="' + root_id + b'">')
    yield "wrapped in another root", b"<x>" + signed + b"</x>"
    yield "comment in value", signed.replace(b"an@example.org", b"an@<!-- x -->example.org")
    yield "comment in root", signed.replace(b"<EHealthCSR>", b"<!-- x --><EHealthCSR>")
    yield "comment after", signed + b"<!-- x -->"
    yield "external DTD", b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + signed
    yield "entity", b'<!DOCTYPE x [<!ENTITY e "an@example.org">]>' + signed.replace(b"an@example.org", b"&e;")
    yield "sha1 digest", signed.replace(b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1")
    yield "sha1 signature", re.sub(rb"xmldsig-more#(rsa|ecdsa)-sha\d+", b"xmldsig-more#rsa-sha512", signed)
    yield "hmac", re.sub(rb"xmldsig-more#(rsa|ecdsa)-sha\d+", b"xmldsig-more#hmac-sha256", signed)
    c14n = b'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    xpath = b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>'
    yield "xpath transform", signed.replace(c14n, xpath + c14n)
    yield "one transform", signed.replace(c14n, b"")
    yield (
        "inclusive prefixes",
        signed.replace(
            c14n,
            c14n[:-2]
            + b'><e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#"'
            + b' PrefixList="certra"/>'
            + b"</ds:Transform>",
        ),
    )
    yield "with comments", signed.replace(b"xml-exc-c14n#", b"xml-exc-c14n#WithComments")
    yield "key value", signed.replace(b"<ds:X509Data>", b"<ds:KeyValue/><ds:X509Data>")
    yield "no certificate", re.sub(rb"<ds:X509Certificate>.*</ds:X509Certificate>", b"", signed)
    yield (
        "CA first",
        re.sub(
            rb"(<ds:X509Certificate>[^<]*</ds:X509Certificate>)(<ds:X509C.*?)(</ds:X509Data>)",
            rb"\2\1\3",
            signed,
        ),
    )
    yield "huge", signed.replace(b"an@example.org", b"a" * 300_000)


def test_no_wrapping_or_altering_gets_through(signed: bytes) -> None:
    count = 0
    for name, attack in _attacks(signed):
        assert attack != signed, name
        with pytest.raises(WireError) as refused:
            verify_enveloped(attack)
        assert refused.value.code in ("signature_invalid", "request_malformed", "request_too_large"), name
        count += 1
    assert count >= 30


def test_every_changed_signed_byte_is_noticed(signed: bytes) -> None:
    start, stop = signed.index(b"<EHealthCSR>"), signed.index(b"</EHealthCSR>")
    for index in range(start, stop, 211):
        broken = bytearray(signed)
        broken[index] = ord("Z") if broken[index] != ord("Z") else ord("Y")
        with pytest.raises(WireError):
            verify_enveloped(bytes(broken))
