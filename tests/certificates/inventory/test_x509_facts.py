"""Certificates of every shape as facts: real names, odd names, no names; and bytes that are no certificate."""

import hashlib
import warnings
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.domain.x509 import MAX_SERIAL_DIGITS, UnreadableCertificate, read_certificate
from tests.certificates.samples import AUTHORITY, NOW, certificate, der, ehealth, plain_name
from tests.support.holder import any_key
from tests.support.odd import numbered

USAGE = x509.KeyUsage(True, True, True, False, False, False, False, False, False)
FULL = (
    USAGE,
    x509.ExtendedKeyUsage(
        [
            ExtendedKeyUsageOID.CLIENT_AUTH,
            ExtendedKeyUsageOID.EMAIL_PROTECTION,
            x509.ObjectIdentifier("1.2.3.4"),
        ]
    ),
    x509.CRLDistributionPoints(
        [
            x509.DistributionPoint(
                [x509.UniformResourceIdentifier("http://crl.example/one.crl")], None, None, None
            ),
            x509.DistributionPoint([x509.DirectoryName(plain_name("a directory"))], None, None, None),
            x509.DistributionPoint(
                None,
                x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
                None,
                None,
            ),
        ]
    ),
    x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.example/")
            ),
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example/")
            ),
        ]
    ),
    x509.BasicConstraints(ca=False, path_length=None),
)


def test_a_certificate_of_an_organisation() -> None:
    made = ehealth(
        application_id="APOTHEEK", public_key=any_key().public_key(), serial=0xABCDEF, extensions=FULL
    )
    facts = read_certificate(der(made))
    assert facts.fingerprint == hashlib.sha256(der(made)).hexdigest()
    assert facts.public_key_identifier == x509.SubjectKeyIdentifier.from_public_key(
        made.public_key()
    ).digest.hex()  # fmt: skip
    assert (facts.identifier_type, facts.identifier_value, facts.application_id) == (
        "CBE",
        "0406798006",
        "APOTHEEK",
    )
    assert facts.common_name == "CBE=0406798006, APOTHEEK"
    assert facts.holder_name == "AZ SINT-ELISABETH MAASDAL"
    assert facts.serial == "abcdef"
    assert facts.key_algorithm == "RSA 2048"
    assert facts.key_usages == ("digitalSignature", "nonRepudiation", "keyEncipherment")
    assert facts.extended_key_usages == ("clientAuth", "emailProtection", "1.2.3.4")
    assert facts.crl_urls == ("http://crl.example/one.crl",)
    assert facts.ocsp_urls == ("http://ocsp.example/",)
    assert (facts.not_before, facts.not_after) == (NOW - timedelta(days=10), NOW + timedelta(days=1086))
    assert facts.not_before.tzinfo is not None
    assert (facts.is_ehealth, facts.is_personal, facts.is_authority) == (True, False, False)


def test_a_personal_certificate_is_known_as_one() -> None:
    facts = read_certificate(der(ehealth("SSIN", "85073003328", "An Marie Peeters")))
    assert (facts.is_ehealth, facts.is_personal, facts.identifier_value) == (True, True, "85073003328")
    assert facts.holder_name == "AN MARIE PEETERS"


@pytest.mark.parametrize(
    ("common_name", "expected"),
    [
        ("CBE=0406798006", ("CBE", "0406798006", "")),
        ("NIHII-HOSPITAL=71072393, RADIO_1", ("NIHII-HOSPITAL", "71072393", "RADIO_1")),
        ("CBE=0406798006,X", ("CBE", "0406798006", "X")),
        ("AZ Maasdal", ("", "", "")),
        ("CBE=", ("", "", "")),
        ("CBE=0406798006, lower", ("", "", "")),
        ("CBE=040679800600", ("", "", "")),
        ("A" * 41 + "=1", ("", "", "")),
        ("*.ehealth.fgov.be", ("", "", "")),
    ],
)
def test_whose_it_is(common_name: str, expected: tuple[str, str, str]) -> None:
    facts = read_certificate(der(certificate(plain_name(common_name))))
    assert (facts.identifier_type, facts.identifier_value, facts.application_id) == expected
    assert facts.is_ehealth is bool(expected[0])
    assert facts.holder_name == ""


def test_a_name_without_a_common_name_is_shown_whole() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Somebody")])
    facts = read_certificate(der(certificate(name)))
    assert facts.common_name == "O=Somebody"
    assert not facts.is_ehealth


def test_an_empty_name_is_read() -> None:
    facts = read_certificate(der(certificate(x509.Name([]), issuer=plain_name("issuer"))))
    assert (facts.subject, facts.common_name, facts.is_ehealth) == ("", "", False)


def test_two_common_names_say_nothing() -> None:
    facts = read_certificate(
        der(certificate(plain_name("CBE=0406798006", (NameOID.COMMON_NAME, "CBE=0809394427"))))
    )
    assert not facts.is_ehealth


def test_attributes_that_ehealth_names_do_not_hold() -> None:
    name = plain_name("CBE=0406798006", (NameOID.EMAIL_ADDRESS, "x@example.test"))
    assert not read_certificate(der(certificate(name))).is_ehealth


def test_controls_in_names_become_a_visible_mark() -> None:
    """PostgreSQL holds no NUL, and a line break would let a name draw a second line on a screen."""
    facts = read_certificate(der(certificate(plain_name("first\x00second\nthird"))))
    assert facts.common_name == "first\N{REPLACEMENT CHARACTER}second\N{REPLACEMENT CHARACTER}third"
    assert "\x00" not in facts.subject + facts.issuer
    assert "\n" not in facts.subject + facts.issuer


@pytest.mark.parametrize(
    ("public_key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP384R1()).public_key(), "EC secp384r1"),
        (ed25519.Ed25519PrivateKey.generate().public_key(), "Ed25519"),
        (x25519.X25519PrivateKey.generate().public_key(), "other"),
        (rsa.generate_private_key(65537, 1024).public_key(), "RSA 1024"),  # noqa: S505  # seen in old files
    ],
)
def test_kinds_of_keys(public_key: ec.EllipticCurvePublicKey, algorithm: str) -> None:
    facts = read_certificate(der(certificate(plain_name("x"), public_key=public_key)))
    assert facts.key_algorithm == algorithm


def test_without_extensions_nothing_is_claimed() -> None:
    facts = read_certificate(der(certificate(plain_name("bare"))))
    assert (facts.key_usages, facts.extended_key_usages, facts.crl_urls, facts.ocsp_urls) == ((), (), (), ())
    assert not facts.is_authority


def test_an_authority_is_known_as_one() -> None:
    assert read_certificate(der(certificate(plain_name("CA"), extensions=(AUTHORITY,)))).is_authority


@pytest.mark.parametrize(
    ("number", "serial", "unread"),
    [
        (b"\x7f" * 40, "7f" * 40, ()),
        (b"\x7f" * 255, "7f" * 255, ()),
        (b"\x80" + b"\x00" * 254, "-80" + "00" * 254, ()),
        (b"\x7f" * 256, "", ("serial",)),
        (b"", "", ("serial",)),
    ],
)
def test_a_strange_serial_number_is_kept_or_named_and_the_rest_is_kept(
    number: bytes, serial: str, unread: tuple[str, ...]
) -> None:
    good = ehealth(application_id="X")
    facts, whole = read_certificate(numbered(number)(good)), read_certificate(der(good))
    assert (facts.serial, facts.unread) == (serial, unread)
    assert len(facts.serial) <= MAX_SERIAL_DIGITS
    assert facts.serial_number == (int.from_bytes(number, "big", signed=True) if serial else None)
    assert (facts.not_before, facts.not_after, facts.application_id) == (
        whole.not_before,
        whole.not_after,
        "X",
    )


@pytest.mark.parametrize("content", [b"", b"x", b"\x30\x80", b"\x30\x03\x02\x01\x03", b"-----BEGIN"])
def test_bytes_that_are_no_certificate(content: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        read_certificate(content)


@pytest.mark.parametrize("version", [3, 4, 77, 127])
def test_a_version_that_does_not_exist_is_named_and_the_rest_is_kept(version: int) -> None:
    made = der(ehealth(application_id="X"))
    place = made.index(b"\xa0\x03\x02\x01\x02")
    facts = read_certificate(made[: place + 4] + bytes([version]) + made[place + 5 :])
    assert (facts.unread, facts.application_id) == (("version",), "X")


WHOLE = der(ehealth(application_id="X", extensions=FULL))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_damage_raises_anything_else(damage: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, value in damage:
        content[place] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of serials below zero and the like
        try:
            facts = read_certificate(bytes(content))
        except UnreadableCertificate:
            return
    assert len(facts.fingerprint) == 64
    assert len(facts.serial) <= MAX_SERIAL_DIGITS
    assert "\x00" not in facts.subject + facts.common_name + facts.holder_name


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        read_certificate(content)
