"""Challenge, encryption certificate and token: what the platform makes is taken, anything else refused by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire.errors import TokenInvalid
from agent.wire.tokens.challenge import open_challenge
from agent.wire.tokens.encryption_certificate import (
    USAGE,
    check_encryption_certificate,
    make_encryption_certificate,
)
from agent.wire.tokens.etk import EtkFacts, verify_etk
from tests.support.authority import Authority, EhealthCertificate, key, usage
from tests.support.effort import effort_below
from tests.support.tokens import as_asn1, in_pieces, make_challenge, make_token

NOW = datetime.now(UTC)
TST_INFO = "1.2.840.113549.1.9.16.1.4"  # any type that is not data
SERIAL = 2**127 + 5
AUTHORITY = Authority()
OTHERS = Authority(3, name="Test Other")
HOLDER = AUTHORITY.issue(key(10))
NEIGHBOUR = AUTHORITY.issue(key(11), "CN=CBE\\=0809394427,OU=CBE\\=0809394427,O=Federal Government,C=BE")
ENCRYPTION = key(12)


def made(serial: int = SERIAL, holder: EhealthCertificate = HOLDER) -> x509.Certificate:
    return make_encryption_certificate(holder.certificate, holder.key, ENCRYPTION.public_key(), serial)


CONTENT = made().public_bytes(Encoding.DER)
SET = (AUTHORITY.etk_ra, *HOLDER.chain)


def verify(der: bytes, **changes: Any) -> EtkFacts:
    wanted: dict[str, Any] = {
        "authentication_certificate": HOLDER.certificate,
        "anchors": AUTHORITY.anchors,
        "now": NOW,
    }
    return verify_etk(der, **wanted | changes)


@settings(max_examples=30, deadline=None)
@given(serial=st.binary(min_size=16, max_size=16).filter(any))
def test_a_challenge_is_an_unsigned_number(serial: bytes) -> None:
    challenge = make_challenge(ENCRYPTION.public_key(), serial)
    assert open_challenge(ENCRYPTION, challenge) == int.from_bytes(serial, "big")


@pytest.mark.parametrize(
    "serial", ["00" * 15 + "01", "ff" * 16, "80" + "00" * 15, "00" * 8 + "80" + "00" * 7]
)
def test_leading_zeros_and_high_bits_go_the_whole_way(serial: str) -> None:
    number = open_challenge(ENCRYPTION, make_challenge(ENCRYPTION.public_key(), bytes.fromhex(serial)))
    assert number == int(serial, 16)
    token = make_token(AUTHORITY, made(number).public_bytes(Encoding.DER), SET)
    facts = verify(token)
    assert (facts.serial, facts.alias) == (number, str(number))


def test_a_challenge_for_somebody_else_says_nothing_more() -> None:
    public, serial = ENCRYPTION.public_key(), bytes(15) + b"\x07"
    right = make_challenge(public, serial)
    wrong = [
        b"",
        right[:-1],
        right + b"\0",
        make_challenge(key(11).public_key(), serial),
        make_challenge(public, serial[:15]),
        make_challenge(public, serial + b"\0"),
        make_challenge(public, bytes(16)),
        make_challenge(public, serial, digest=bytes(32)),
        bytes(256) + right[256:],
        b"\xff" * 288,
        bytes([right[0] ^ 1]) + right[1:],
    ]
    for challenge in wrong:
        with pytest.raises(TokenInvalid) as refused:
            open_challenge(ENCRYPTION, challenge)
        assert refused.value.code == "challenge_invalid"
    with pytest.raises(TokenInvalid):
        open_challenge(rsa.generate_private_key(65537, 3072), right)


def test_the_encryption_certificate_is_as_prescribed() -> None:
    certificate, own = made(), HOLDER.certificate
    subject = as_asn1(own).subject.dump()
    raw = as_asn1(certificate)["tbs_certificate"]
    assert raw["subject"].dump() == raw["issuer"].dump() == subject
    assert raw["validity"].dump() == as_asn1(own)["tbs_certificate"]["validity"].dump()
    assert certificate.serial_number == SERIAL
    assert certificate.public_key() == ENCRYPTION.public_key()
    (extension,) = certificate.extensions
    assert (extension.critical, extension.value) == (True, USAGE)
    certificate.verify_directly_issued_by(own)


@pytest.mark.parametrize("serial", [0, -1, 2**128])
def test_serials_that_no_challenge_has(serial: int) -> None:
    with pytest.raises(TokenInvalid) as refused:
        made(serial)
    assert refused.value.code == "encryption_certificate_invalid"


def test_keys_that_do_not_fit_together() -> None:
    own = HOLDER.certificate
    for signing, public in (
        (key(11), ENCRYPTION.public_key()),
        (HOLDER.key, HOLDER.key.public_key()),
        (HOLDER.key, rsa.generate_private_key(65537, 3072).public_key()),
        (HOLDER.key, rsa.generate_private_key(3, 2048).public_key()),
    ):
        with pytest.raises(TokenInvalid):
            make_encryption_certificate(own, signing, public, SERIAL)


def other(**changes: Any) -> bytes:
    """An encryption certificate with something different."""
    own = HOLDER.certificate
    facts: dict[str, Any] = {
        "subject": own.subject,
        "issuer": own.subject,
        "begin": own.not_valid_before_utc,
        "end": own.not_valid_after_utc,
        "usage": USAGE,
        "critical": True,
        "more": None,
        "by": HOLDER.key,
        "digest": hashes.SHA256(),
    } | changes
    builder = (
        x509.CertificateBuilder()
        .subject_name(facts["subject"])
        .issuer_name(facts["issuer"])
        .not_valid_before(facts["begin"])
        .not_valid_after(facts["end"])
        .serial_number(SERIAL)
        .public_key(ENCRYPTION.public_key())
        .add_extension(facts["usage"], critical=facts["critical"])
    )
    if facts["more"]:
        builder = builder.add_extension(facts["more"], critical=False)
    return bytes(builder.sign(facts["by"], facts["digest"]).public_bytes(Encoding.DER))


_NAME = x509.Name.from_rfc4514_string("CN=CBE\\=0406798006,C=BE")
_END = HOLDER.certificate.not_valid_after_utc
CONTENTS: dict[str, bytes] = {
    "subject": other(subject=_NAME),
    "issuer": other(issuer=_NAME),
    "later begin": other(begin=HOLDER.certificate.not_valid_before_utc + timedelta(seconds=1)),
    "later end": other(end=_END + timedelta(seconds=1)),
    "usage": other(usage=usage("key_encipherment")),
    "more usage": other(usage=usage("key_encipherment", "data_encipherment", "digital_signature")),
    "not critical": other(critical=False),
    "extension": other(more=x509.BasicConstraints(ca=False, path_length=None)),
    "signer": other(by=key(11)),
    "digest": other(digest=hashes.SHA512()),
    "trailing": CONTENT + b"\0",
    "truncated": CONTENT[:-1],
    "nothing": b"",
    "text": b"hello",
    "large": CONTENT + bytes(9000),
    "the authentication certificate": HOLDER.certificate.public_bytes(Encoding.DER),
    "a neighbour's": made(holder=NEIGHBOUR).public_bytes(Encoding.DER),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_token_around_another_certificate(name: str) -> None:
    with pytest.raises(TokenInvalid) as refused:
        check_encryption_certificate(CONTENTS[name], HOLDER.certificate)
    assert refused.value.code == "encryption_certificate_invalid"
    with pytest.raises(TokenInvalid) as refused:
        verify(make_token(AUTHORITY, CONTENTS[name], SET))
    assert refused.value.code == "etk_content_wrong"


def test_a_token_holds() -> None:
    token = make_token(AUTHORITY, CONTENT, SET)
    facts = verify(token)
    assert facts.certificate == made()
    assert facts.signer == AUTHORITY.etk_ra
    assert facts.public_key == ENCRYPTION.public_key()
    assert set(facts.certificates) == set(SET)
    assert verify(token, etk_ra=(OTHERS.etk_ra, AUTHORITY.etk_ra)) == facts
    for anchors in ((AUTHORITY.root,), (AUTHORITY.issuing,)):
        assert verify(token, anchors=anchors) == facts
    assert verify(make_token(AUTHORITY, CONTENT, tuple(reversed(SET)))).certificate == facts.certificate
    assert verify(make_token(AUTHORITY, CONTENT, SET, attributes=False)).certificate == facts.certificate


def test_a_token_in_pieces_is_the_same() -> None:
    token = make_token(AUTHORITY, CONTENT, SET)
    assert in_pieces(token) != token
    facts, whole = verify(in_pieces(token)), verify(token)
    assert (facts.certificate, facts.certificates) == (whole.certificate, whole.certificates)
    assert facts.fingerprint != whole.fingerprint


def _twice(data: Any) -> None:
    data["signer_infos"] = [data["signer_infos"][0], data["signer_infos"][0]]


def _none(data: Any) -> None:
    data["signer_infos"] = []


def _flip(data: Any) -> None:
    old = data["signer_infos"][0]["signature"].native
    data["signer_infos"][0]["signature"] = bytes([old[0] ^ 1]) + old[1:]


def _md5(data: Any) -> None:
    data["signer_infos"][0]["digest_algorithm"] = {"algorithm": "md5"}


def _sha1(data: Any) -> None:
    data["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha1_rsa"}


def _ecdsa(data: Any) -> None:
    data["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha256_ecdsa"}


def _detached(data: Any) -> None:
    data["encap_content_info"] = {"content_type": "data"}


def _attribute_certificate(data: Any) -> None:
    data["certificates"] = cms.CertificateSet(
        [
            *data["certificates"],
            cms.CertificateChoices("other", {"other_cert_format": "1.2.3", "other_cert": core.Null()}),
        ]
    )


TOKENS: dict[str, tuple[Callable[[], bytes], str]] = {
    "root in the set": (
        lambda: make_token(AUTHORITY, CONTENT, (*SET, AUTHORITY.root)),
        "etk_certificates_wrong",
    ),
    "no issuing authority": (lambda: make_token(AUTHORITY, CONTENT, SET[:2]), "etk_certificates_wrong"),
    "no authentication certificate": (
        lambda: make_token(AUTHORITY, CONTENT, (SET[0], SET[2])),
        "etk_certificates_wrong",
    ),
    "a certificate twice": (lambda: make_token(AUTHORITY, CONTENT, (*SET, SET[2])), "etk_certificates_wrong"),
    "a stranger": (
        lambda: make_token(AUTHORITY, CONTENT, (*SET, NEIGHBOUR.certificate)),
        "etk_certificates_wrong",
    ),
    "another authority beside": (
        lambda: make_token(AUTHORITY, CONTENT, (*SET, OTHERS.issuing)),
        "etk_certificates_wrong",
    ),
    "many strangers": (
        lambda: make_token(AUTHORITY, CONTENT, (*SET, *[OTHERS.issuing] * 9)),
        "etk_malformed",
    ),
    "no ETK-RA": (lambda: make_token(AUTHORITY, CONTENT, SET[1:]), "etk_malformed"),
    "no certificates": (lambda: make_token(AUTHORITY, CONTENT, ()), "etk_malformed"),
    "signed by the holder": (
        lambda: make_token(AUTHORITY, CONTENT, SET[1:], signer=HOLDER.certificate, key=HOLDER.key),
        "etk_signer_untrusted",
    ),
    "signed by a neighbour": (
        lambda: make_token(
            AUTHORITY,
            CONTENT,
            (NEIGHBOUR.certificate, *HOLDER.chain),
            signer=NEIGHBOUR.certificate,
            key=NEIGHBOUR.key,
        ),
        "etk_signer_untrusted",
    ),
    "signed by the authority itself": (
        lambda: make_token(AUTHORITY, CONTENT, SET[1:], signer=AUTHORITY.issuing, key=key(1)),
        "etk_signer_untrusted",
    ),
    "signed by another authority's": (
        lambda: make_token(OTHERS, CONTENT, (OTHERS.etk_ra, OTHERS.issuing, *HOLDER.chain)),
        "etk_signer_untrusted",
    ),
    "signed by another key": (
        lambda: make_token(AUTHORITY, CONTENT, SET, key=key(11)),
        "etk_signature_invalid",
    ),
    "another digest": (
        lambda: make_token(AUTHORITY, CONTENT, SET, digest=bytes(32)),
        "etk_signature_invalid",
    ),
    "signed as another type": (
        lambda: make_token(AUTHORITY, CONTENT, SET, signed_kind=TST_INFO),
        "etk_signature_invalid",
    ),
    "another type": (lambda: make_token(AUTHORITY, CONTENT, SET, kind=TST_INFO), "etk_malformed"),
    "a broken signature": (
        lambda: make_token(AUTHORITY, CONTENT, SET, change=_flip),
        "etk_signature_invalid",
    ),
    "two signers": (lambda: make_token(AUTHORITY, CONTENT, SET, change=_twice), "etk_malformed"),
    "no signer": (lambda: make_token(AUTHORITY, CONTENT, SET, change=_none), "etk_malformed"),
    "MD5": (lambda: make_token(AUTHORITY, CONTENT, SET, change=_md5), "etk_malformed"),
    "SHA-1": (lambda: make_token(AUTHORITY, CONTENT, SET, change=_sha1), "etk_malformed"),
    "ECDSA": (lambda: make_token(AUTHORITY, CONTENT, SET, change=_ecdsa), "etk_malformed"),
    "no content": (lambda: make_token(AUTHORITY, CONTENT, SET, change=_detached), "etk_malformed"),
    "another kind of certificate": (
        lambda: make_token(AUTHORITY, CONTENT, SET, change=_attribute_certificate),
        "etk_malformed",
    ),
    "the certificate alone": (lambda: CONTENT, "etk_malformed"),
    "enveloped data": (
        lambda: bytes(cms.ContentInfo({"content_type": "data", "content": CONTENT}).dump()),
        "etk_malformed",
    ),
    "trailing": (lambda: make_token(AUTHORITY, CONTENT, SET) + b"\0", "etk_malformed"),
    "truncated": (lambda: make_token(AUTHORITY, CONTENT, SET)[:-1], "etk_malformed"),
    "empty": (lambda: b"", "etk_malformed"),
    "too large": (lambda: bytes(70_000), "etk_too_large"),
    "nested": (lambda: b"\x30\x80" * 30_000, "etk_malformed"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_does_not_hold(name: str) -> None:
    make, code = TOKENS[name]
    der = make()
    with effort_below(5), pytest.raises(TokenInvalid) as refused:
        verify(der)
    assert refused.value.code == code


def test_whose_token_and_when() -> None:
    token = make_token(AUTHORITY, CONTENT, SET)
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"authentication_certificate": NEIGHBOUR.certificate}, "etk_certificates_wrong"),
        ({"anchors": OTHERS.anchors}, "etk_signer_untrusted"),
        ({"anchors": ()}, "etk_signer_untrusted"),
        ({"etk_ra": (OTHERS.etk_ra,)}, "etk_signer_untrusted"),
        ({"now": _END + timedelta(seconds=1)}, "etk_expired"),
        ({"now": HOLDER.certificate.not_valid_before_utc - timedelta(seconds=1)}, "etk_expired"),
    ]
    for changes, code in refusals:
        with pytest.raises(TokenInvalid) as refused:
            verify(token, **changes)
        assert refused.value.code == code, changes


def test_a_known_etk_ra_may_bear_any_name() -> None:
    token = make_token(
        AUTHORITY,
        CONTENT,
        (NEIGHBOUR.certificate, *HOLDER.chain),
        signer=NEIGHBOUR.certificate,
        key=NEIGHBOUR.key,
    )
    assert verify(token, etk_ra=(NEIGHBOUR.certificate,)).signer == NEIGHBOUR.certificate
