"""Finding certificates in whatever people have: encodings, labels, wrappings, and things that only look like them."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from agent.wire.pki.der import retagged
from agent.wire.pki.reading.finding import FileContent, find_certificates
from tests.support.authority import Authority, key
from tests.support.odd import HOPELESS, ODD

AUTHORITY = Authority()
ONE, CA = AUTHORITY.issue(key(10)).certificate, AUTHORITY.issuing
DER, CA_DER = (one.public_bytes(Encoding.DER) for one in (ONE, CA))
PEM, CA_PEM = (one.public_bytes(Encoding.PEM) for one in (ONE, CA))
P7 = pkcs7.serialize_certificates([ONE, CA], Encoding.DER)
P7_PEM = pkcs7.serialize_certificates([ONE, CA], Encoding.PEM)
BARE = base64.b64encode(DER)
FOLDED = base64.encodebytes(DER)
LIMIT = 1024 * 1024


def found(content: bytes) -> FileContent:
    return find_certificates(content, limit=LIMIT)


def trusted_certificate() -> bytes:
    """What `openssl x509 -trustout` writes: the certificate and, behind it, what it is trusted for."""
    auxiliary = retagged(0x30, retagged(0x30, bytes.fromhex("06082b06010505070304")))
    text = base64.encodebytes(DER + auxiliary)
    return b"-----BEGIN TRUSTED CERTIFICATE-----\n" + text + b"-----END TRUSTED CERTIFICATE-----\n"


def labelled(label: str, content: bytes = P7_PEM) -> bytes:
    return content.replace(b"PKCS7", label.encode()).replace(b"CERTIFICATE", label.encode())


@pytest.mark.parametrize(
    "content",
    [
        PEM,
        b"\xef\xbb\xbf" + PEM,
        PEM.decode().encode("utf-16"),
        PEM.decode().encode("utf-16-le"),
        PEM.decode().encode("utf-16-be"),
        b"\xfe\xff" + PEM.decode().encode("utf-16-be"),
        "Hôpital, à côté\n".encode("latin-1") + PEM + "é".encode("latin-1"),
        PEM.replace(b"\n", b"\r"),
        PEM.replace(b"\n", b"\xa0\n"),
        PEM.replace(b"-----\n", b"----- ", 1).replace(b"\n", b" "),
        DER,
        DER + b"\n",
        DER + b"\0" * 100,
        DER + b"something else",
        trusted_certificate(),
        BARE,
        FOLDED,
        BARE.decode().encode("utf-16"),
        BARE.rstrip(b"="),
        base64.urlsafe_b64encode(DER),
        b"<X509Certificate>" + FOLDED + b"</X509Certificate>",
        json.dumps({"certificate": PEM.decode()}).encode(),
        json.dumps({"x5c": [BARE.decode()]}).encode(),
        json.dumps({"a": {"b": FOLDED.decode()}}).encode(),
        b"The certificate of the laboratory follows.\n\n" + FOLDED + b"\nKind regards\n",
    ],
    ids=[
        "pem", "utf-8 mark", "utf-16", "utf-16-le", "utf-16-be", "utf-16-be mark", "latin-1", "old mac", "nbsp",
        "one line", "der", "der newline", "der zeros", "der text", "trusted", "bare", "folded", "bare utf-16",
        "no padding", "base64url", "xml", "json pem", "json x5c", "json folded", "letter",
    ],
)  # fmt: skip
def test_one_certificate_is_found(content: bytes) -> None:
    assert found(content) == FileContent((DER,))


@pytest.mark.parametrize(
    "content",
    [
        P7,
        P7 + b"\0\n",
        P7_PEM,
        labelled("CERTIFICATE"),
        labelled("PKCS #7 SIGNED DATA"),
        labelled("CERTIFICATE CHAIN"),
        labelled("CMS"),
        labelled("SOMETHING NOBODY KNOWS"),
        base64.b64encode(P7),
        base64.encodebytes(P7),
        DER + CA_DER,
        retagged(0x30, DER + CA_DER),
        PEM + CA_PEM,
        FOLDED + b"\n" + base64.encodebytes(CA_DER),
        json.dumps({"x5c": [base64.b64encode(one).decode() for one in (DER, CA_DER)]}).encode(),
    ],
    ids=[
        "p7b", "p7b zeros", "pem", "certificate", "nss", "oracle", "cms", "any label", "bare", "folded", "row",
        "path", "two", "two bare", "x5c",
    ],
)  # fmt: skip
def test_two_certificates_are_found(content: bytes) -> None:
    read = found(content)
    assert set(read.certificates) == {DER, CA_DER}
    assert read.problem == ""


@pytest.mark.parametrize("odd", [*ODD, *HOPELESS], ids=str)
@pytest.mark.parametrize("wrapping", ["pem", "row", "pkcs7"])
def test_a_good_certificate_is_found_beside_any_odd_one(odd: str, wrapping: str) -> None:
    strange = (ODD | HOPELESS)[odd](ONE)
    markers = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    content = {
        "pem": markers[0] + base64.encodebytes(strange) + markers[1] + CA_PEM,
        "row": CA_DER + strange,
        "pkcs7": signed_data(strange, CA_DER),
    }[wrapping]
    read = found(content)
    assert CA_DER in read.certificates
    if odd in ODD:
        assert strange in read.certificates


def signed_data(*certificates: bytes) -> bytes:
    """PKCS#7 SignedData without a signer, as collections of certificates are."""
    contents = b"\x02\x01\x01" + retagged(0x31, b"") + retagged(0x30, bytes.fromhex("06092a864886f70d010701"))
    contents += retagged(0xA0, b"".join(certificates)) + retagged(0x31, b"")
    signed = retagged(0xA0, retagged(0x30, contents))
    return retagged(0x30, bytes.fromhex("06092a864886f70d010702") + signed)


JAVA_TRUSTED = b"\xfe\xed\xfe\xed" + bytes([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 4]) + b"root" + bytes(8)
JAVA_KEY = b"\xfe\xed\xfe\xed" + bytes([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 4]) + b"mine" + bytes(8)
SECRET = BestAvailableEncryption(b"secret")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (JAVA_TRUSTED, "trust_store"),
        (b"\xce\xce\xce\xce" + JAVA_TRUSTED[4:], "trust_store"),
        (pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(CA, b"root")], SECRET), "trust_store"),
        (JAVA_KEY, "private_key"),
        (pkcs12.serialize_key_and_certificates(b"x", key(10), ONE, [CA], SECRET), "private_key"),
        (
            base64.b64encode(key(10).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            "private_key",
        ),
    ],
    ids=["jks", "jceks", "pkcs12", "jks with key", "pkcs12 with key", "bare key"],
)
def test_stores_are_called_what_they_are(content: bytes, problem: str) -> None:
    assert found(content) == FileContent(problem=problem)


@pytest.mark.parametrize(
    "content",
    [
        b"MII" * 300_000,
        (b"MII" + b"A" * 61 + b"\n") * 15_000,
        (BARE[:200] + b"\n") * 5_000,
        b"M\0I\0I\0" * 100_000,
        b"\x30\x82\x01\x00" * 200_000,
        b"\xff\xfe" + b"-\0" * 400_000,
        b"-----BEGIN CERTIFICATE-----" + b":" * 900_000 + b"-----END CERTIFICATE-----",
    ],
    ids=["run", "lines", "beginnings", "utf-16", "sequences", "dashes", "headers"],
)
def test_hostile_bytes_cost_little(content: bytes) -> None:
    began = time.process_time()
    assert found(content).certificates == ()
    # Some twenty times of what it takes; what grows with the square of the length takes minutes.
    assert time.process_time() - began < 5
