"""The smaller signed requests: whatever does not belong in one is refused, by builder and reader alike."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.wire.encoding import to_base64
from agent.wire.errors import MalformedXml, SignatureInvalid
from agent.wire.jobs import Identifier, RevocationContent
from agent.wire.xml.question import (
    build_actor_qualities,
    build_info_for_certificate,
    build_info_for_citizen,
    read_actor_qualities,
    read_info_for_certificate,
    read_info_for_citizen,
)
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
from tests.support.authority import Authority
from tests.support.cards import SoftwareCard
from tests.support.holder import any_key
from tests.wire.conftest import revocation_contract

FRAME: dict[str, Any] = {
    "request_id": f"_{uuid.uuid4()}",
    "issue_instant": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
}
REVOCATION = RevocationContent("0123456789abcdef0123" * 2, revocation_contract())
Read = Callable[[bytes], Any]
REQUESTS: dict[str, tuple[Callable[[], bytes], Read]] = {
    "Revoke": (lambda: build_revoke(REVOCATION, **FRAME), read_revoke),
    "GetActorQualities": (
        lambda: build_actor_qualities(Identifier("SSIN", "85073003328"), **FRAME),
        read_actor_qualities,
    ),
    "GetCertificateInfoForCitizen": (lambda: build_info_for_citizen(**FRAME), read_info_for_citizen),
    "GetCertificateInfoForAuthenticationCertificate": (
        lambda: build_info_for_certificate(**FRAME),
        read_info_for_certificate,
    ),
    "StartETKRegistration": (
        lambda: build_start_registration(any_key().public_key(), **FRAME),
        read_start_registration,
    ),
    "CompleteETKRegistration": (
        lambda: build_complete_registration(b"certificate", **FRAME),
        read_complete_registration,
    ),
    "ActivateETK": (lambda: build_activate(**FRAME), read_activate),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_read_as_no_other(name: str) -> None:
    build, own = REQUESTS[name]
    own(build())
    for other, (_, read) in REQUESTS.items():
        if other != name:
            with pytest.raises(MalformedXml):
                read(build())
    moved = build().replace(b' xmlns="urn:be:', b' xmlns="urn:other:')
    with pytest.raises(MalformedXml):
        own(moved)


@pytest.mark.parametrize("name", REQUESTS)
def test_anything_that_does_not_belong_is_refused(name: str) -> None:
    build, read = REQUESTS[name]
    data = build()
    start = data.index(b">") + 1
    end = data.rindex(b"</")
    for at in {start, end}:
        for extra in (b"<x/>", b"text", b"<!-- c -->", b'<ds:Signature xmlns:ds="urn:x"/>', b"<?x y?>"):
            with pytest.raises(MalformedXml):
                read(data[:at] + extra + data[at:])
    signature = b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
    assert read(data[:end] + signature + data[end:]).signature_present
    broken = [
        data[:end] + signature * 2 + data[end:],
        data.replace(b" Id=", b' Extra="1" Id='),
        data.replace(b" Id=", b" id="),
        data.replace(b'Id="_', b'Id="x'),
        data.replace(b"09:30:00Z", b"09:30:00+02:00"),
        data.replace(b"09:30:00Z", b"25:30:00Z"),
        b"<!-- c -->" + data,
        data + b"<!-- c -->",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + data,
        data[:-1],
        data + b" " * 300_000,
        b"",
    ]
    if start != end:
        broken += [data[:start] + signature + data[start:], data[:start] + data[end:]]
    for text in broken:
        assert text != data
        with pytest.raises(MalformedXml):
            read(text)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Revoke", b"keyCompromise", b"unspecified"),
        ("Revoke", b"keyCompromise", b" keyCompromise"),
        ("Revoke", b"0123456789abcdef", b"x123456789abcdef"),
        ("Revoke", b"0123456789abcdef", b"0123456789abcd"),
        ("Revoke", b"<certra:DN>", b"<certra:DN/><certra:DN>"),
        ("Revoke", b"<certra:RevocationReason>", b'<certra:RevocationReason x="y">'),
        ("GetActorQualities", b' Type="SSIN"', b""),
        ("GetActorQualities", b"85073003328", b"<b/>85073003328"),
        ("CompleteETKRegistration", to_base64(b"certificate").encode(), b""),
        ("CompleteETKRegistration", to_base64(b"certificate").encode(), b"AA==\n"),
        ("CompleteETKRegistration", to_base64(b"certificate").encode(), b"A" * 20_000),
        ("StartETKRegistration", b"<PublicEncryptionKey>MIIB", b"<PublicEncryptionKey>MIIC"),
        ("StartETKRegistration", b"<PublicEncryptionKey>MIIB", b"<PublicEncryptionKey>MAAA"),
    ],
)
def test_values_that_are_not_what_they_must_be(name: str, old: bytes, new: bytes) -> None:
    build, read = REQUESTS[name]
    assert old in build()
    with pytest.raises(MalformedXml):
        read(build().replace(old, new))


def test_key_identifiers_are_read_in_either_case() -> None:
    data = build_revoke(REVOCATION, **FRAME)
    assert read_revoke(data.replace(b"abcdef", b"ABCDEF")).content == REVOCATION


def test_what_cannot_be_sent_is_not_built() -> None:
    small, odd = rsa.generate_private_key(65537, 1024), rsa.generate_private_key(3, 2048)  # noqa: S505
    impossible: list[Callable[[], bytes]] = [
        lambda: build_revoke(replace(REVOCATION, public_key_identifier="AB" * 20), **FRAME),
        lambda: build_revoke(replace(REVOCATION, contract=revocation_contract("\x00")), **FRAME),
        lambda: build_actor_qualities(Identifier("not a type", "1"), **FRAME),
        lambda: build_start_registration(small.public_key(), **FRAME),
        lambda: build_start_registration(odd.public_key(), **FRAME),
        lambda: build_complete_registration(b"", **FRAME),
        lambda: build_complete_registration(bytes(9000), **FRAME),
        lambda: build_activate(request_id="x", issue_instant=FRAME["issue_instant"]),
        lambda: build_activate(request_id=FRAME["request_id"], issue_instant=datetime(2026, 3, 1)),  # noqa: DTZ001
    ]
    for build in impossible:
        with pytest.raises(MalformedXml):
            build()


def test_an_ehealth_certificate_signs_for_itself_with_or_without_root() -> None:
    authority = Authority()
    system = authority.issue(any_key())
    for chain in (system.chain, (*system.chain, authority.root)):
        signed = sign_enveloped(build_activate(**FRAME), chain=chain, sign=key_signer(system.key))
        verified = verify_enveloped(signed)
        assert verified.chain == chain
        assert verified.algorithm == "rsa-sha256"
        assert read_activate(verified.data) == read_activate(build_activate(**FRAME))


def test_a_key_signs_only_for_its_own_certificate(card: SoftwareCard) -> None:
    stranger = Authority().issue(rsa.generate_private_key(65537, 2048))
    with pytest.raises(SignatureInvalid):
        sign_enveloped(build_activate(**FRAME), chain=stranger.chain, sign=key_signer(any_key()))
    with pytest.raises(SignatureInvalid):
        sign_enveloped(build_activate(**FRAME), chain=card.signature_chain, sign=key_signer(any_key()))
