"""A certificate is read whole or not at all: no part of it fails later, where nobody expects it."""

import base64
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.wire.errors import SignatureInvalid
from agent.wire.pki.certificates import read_certificate
from agent.wire.xml.signature import verify_enveloped
from tests.support.authority import Authority, key
from tests.support.cards import SoftwareCard

AUTHORITY = Authority()
LEAF = AUTHORITY.issue(key(10)).certificate
DER = LEAF.public_bytes(Encoding.DER)


def touch(certificate: x509.Certificate) -> None:
    """Everything that anybody asks a certificate for."""
    for name in (certificate.subject, certificate.issuer):
        name.rfc4514_string()
    list(certificate.extensions)
    assert certificate.public_key()
    assert certificate.not_valid_before_utc <= certificate.not_valid_after_utc


def test_good_certificates_are_read() -> None:
    for certificate in (LEAF, AUTHORITY.root, AUTHORITY.issuing, AUTHORITY.etk_ra):
        assert read_certificate(certificate.public_bytes(Encoding.DER)) == certificate


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"text",
        DER[:-1],
        DER + b"\0",
        bytes(10_000),
        DER.replace(b"Test eHealth Issuing CA", b"Test eHealth Issuing \xff\xff"),
        DER.replace(b"AZ MAASDAL", b"AZ \xff\xff\xff\xff\xff\xff\xff"),
        DER.replace(
            bytes.fromhex("0603551d0f"), bytes.fromhex("0603551d13")
        ),  # key usage becomes constraints
        DER.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107")),  # version 8
        DER.replace(bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01017f")),
    ],
    ids=["empty", "text", "cut", "trailing", "large", "issuer", "subject", "extension", "version", "key"],
)
@pytest.mark.filterwarnings("ignore")  # cryptography warns of some of them
def test_a_certificate_that_is_broken_somewhere_is_refused(der: bytes) -> None:
    assert der != DER
    with pytest.raises(ValueError, match=r".+"):
        read_certificate(der)


@pytest.mark.filterwarnings("ignore")  # as above
def test_whatever_is_read_can_be_asked() -> None:
    chance = random.Random(20_261_125)  # noqa: S311  a repeatable choice is wanted
    read = 0
    for _ in range(2_000):
        broken = bytearray(DER)
        for _ in range(chance.randint(1, 3)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            certificate = read_certificate(bytes(broken))
        except ValueError:
            continue
        touch(certificate)
        read += 1
    assert read > 100


def test_a_broken_authority_in_a_request_is_refused_at_once(signed: bytes, card: SoftwareCard) -> None:
    whole = card.ca.public_bytes(Encoding.DER)
    broken = whole.replace(b"Test Belgium Root", b"Test Belgium \xff\xff\xff\xff")
    assert broken != whole
    altered = signed.replace(base64.b64encode(whole), base64.b64encode(broken))
    assert altered != signed
    verify_enveloped(signed)
    with pytest.raises(SignatureInvalid):
        verify_enveloped(altered)
