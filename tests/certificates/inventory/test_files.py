"""Uploaded files: every form in which certificates come, and everything else, bounded and without an exception."""

import warnings

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given
from hypothesis import strategies as st

from certificates.domain.files import MAX_CERTIFICATES, MAX_FILE_BYTES, FileContent, read_file
from tests.certificates.samples import AUTHORITY, certificate, der, ehealth, key, pem, plain_name
from tests.support.effort import effort_below

ONE, TWO = ehealth(), ehealth(application_id="TWO")
CA = certificate(plain_name("Issuing CA"), extensions=(AUTHORITY,))
P7_DER = pkcs7.serialize_certificates([ONE, CA], Encoding.DER)
P7_PEM = pkcs7.serialize_certificates([ONE, CA], Encoding.PEM)
KEY_PEM = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
ENCRYPTED_PEM = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
SEC1_PEM = key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
P12 = pkcs12.serialize_key_and_certificates(b"x", key(), ONE, [CA], BestAvailableEncryption(b"secret"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pem(ONE), [ONE]),
        (pem(ONE) + pem(TWO) + pem(CA), [ONE, TWO, CA]),
        (pem(ONE) + pem(ONE), [ONE]),
        (pem(ONE).replace(b"\n", b"\r\n"), [ONE]),
        (b"\xef\xbb\xbf" + pem(ONE), [ONE]),
        (pem(ONE).replace(b"CERTIFICATE", b"X509 CERTIFICATE"), [ONE]),
        (b"Bag Attributes\n    friendlyName: x\nsubject=CN = x\n" + pem(ONE) + b"text behind", [ONE]),
        (b"-----BEGIN CERTIFICATE-----\ncut off\n" + pem(ONE), [ONE]),
        (der(ONE), [ONE]),
        (der(ONE) + b"\x00", [ONE]),
        (der(ONE) + b"\r\n", [ONE]),
        (der(ONE) + der(TWO), [ONE, TWO]),
        (P7_DER, [ONE, CA]),
        (P7_PEM, [ONE, CA]),
        (P7_PEM.replace(b"PKCS7", b"CMS"), [ONE, CA]),
        (P7_PEM + pem(TWO), [ONE, CA, TWO]),
    ],
    ids=["pem", "several", "twice", "crlf", "bom", "x509", "text", "cut", "der", "zero", "newline", "row",
         "p7b", "p7-pem", "cms", "mixed"],
)  # fmt: skip
def test_certificates_are_found(content: bytes, expected: list[object]) -> None:
    found = read_file(content)
    assert set(found.certificates) == {der(one) for one in expected}  # type: ignore[arg-type]  # all certificates
    assert len(found.certificates) == len(expected)
    assert found.problem == ""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"hello", "unreadable"),
        (der(ONE)[:-1], "unreadable"),
        (pem(ONE)[:200], "nothing_found"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "unreadable"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "unreadable"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "nothing_found"),
        (P12, "private_key"),
        (b"\xfe\xed\xfe\xed\x00\x00\x00\x02", "private_key"),
        (b"\xce\xce\xce\xce\x00\x00\x00\x02", "private_key"),
        (key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "private_key"),
        (key().private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()), "private_key"),
        (KEY_PEM, "private_key"),
        (ENCRYPTED_PEM, "private_key"),
        (SEC1_PEM, "private_key"),
        (b"\x00" * (MAX_FILE_BYTES + 1), "too_large"),
        (pem(ONE) * 2000, "too_large"),
        (b"\x00" * 2 * 1024 * 1024, "too_large"),
    ],
)
def test_files_without_a_certificate_say_why(content: bytes, problem: str) -> None:
    assert read_file(content) == FileContent(problem=problem)


@pytest.mark.parametrize("content", [KEY_PEM + pem(ONE), pem(ONE) + KEY_PEM, pem(ONE) + SEC1_PEM])
def test_a_key_beside_a_certificate_is_told_and_not_kept(content: bytes) -> None:
    found = read_file(content)
    assert (found.certificates, found.problem) == ((der(ONE),), "private_key")


def test_one_damaged_block_does_not_hide_the_others() -> None:
    found = read_file(pem(ONE).replace(b"MII", b"AAA", 1) + pem(TWO))
    assert (found.certificates, found.problem) == ((der(TWO),), "unreadable")


def test_five_hundred_certificates_and_one_more() -> None:
    many = [der(ehealth(serial=number)) for number in range(1, MAX_CERTIFICATES + 2)]
    bundle = [pem(ehealth(serial=number)) for number in range(1, MAX_CERTIFICATES + 2)]
    assert len(set(many)) == MAX_CERTIFICATES + 1
    assert len(read_file(b"".join(bundle[:-1])).certificates) == MAX_CERTIFICATES
    assert read_file(b"".join(bundle)) == FileContent(problem="too_many")


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN A-----\n" * 58_000,
        b"-----BEGIN CERTIFICATE-----\n" + b"-----END A-----\n" * 60_000,
        b"-----BEGIN A-----\n-----END A-----\n" * 29_000,
        b"-----BEGIN " * 95_000,
        b"-" * MAX_FILE_BYTES,
        b"-----BEGIN CERTIFICATE-----\n" + b"A" * 1_000_000 + b"\n-----END CERTIFICATE-----\n",
        b"\x30\x84\x7f\xff\xff\xff" + b"\x30\x80" * 500_000,
        b"\x30\x80" * 500_000,
    ],
    ids=["begins", "ends", "pairs", "halves", "dashes", "letters", "long", "deep"],
)
def test_hostile_files_cost_little(content: bytes) -> None:
    with effort_below(10):  # linear in the size of the file: quadratic takes minutes
        assert read_file(content).certificates == ()


def quiet_read(content: bytes) -> FileContent:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return read_file(content)


@given(st.binary(max_size=400))
def test_garbage_never_raises(content: bytes) -> None:
    assert quiet_read(content).problem


@given(
    st.sampled_from([der(ONE), pem(ONE), P7_DER, P7_PEM, P12]),
    st.lists(st.tuples(st.integers(0, 499), st.integers(0, 255)), min_size=1, max_size=3),
    st.integers(0, 500),
)
def test_damage_never_raises(content: bytes, damage: list[tuple[int, int]], cut: int) -> None:
    changed = bytearray(content)
    for place, value in damage:
        changed[place % len(changed)] = value
    found = quiet_read(bytes(changed[: len(changed) - cut]))
    assert found.certificates or found.problem


def test_a_version_that_does_not_exist_is_named_and_the_certificate_kept() -> None:
    made = der(ONE)
    place = made.index(b"\xa0\x03\x02\x01\x02")
    strange = made[: place + 4] + b"\x4c" + made[place + 5 :]
    read = read_file(strange)
    assert (read.problem, read.certificates) == ("", (strange,))
