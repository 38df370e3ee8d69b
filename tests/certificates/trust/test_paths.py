"""Paths from a certificate to an anchor, when whoever sends the certificates means no good."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certificates.trust import cards
from certificates.trust.paths import MOST_ISSUERS, Issuers, Trust, validate
from organisations.errors import CardRefused, NotAnAuthenticationCertificate
from organisations.services.devices.enrolment import card_holder
from tests.certificates.samples import AUTHORITY, NOW, certificate, der, ehealth, plain_name
from tests.support.effort import effort_below

ROOT = certificate(plain_name("Root"), extensions=(AUTHORITY,))
SIGNING = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def authority(name: str, issuer: str) -> x509.Certificate:
    return certificate(plain_name(name), issuer=plain_name(issuer), extensions=(AUTHORITY, SIGNING))


def test_the_issuers_are_found_in_any_order() -> None:
    one, two, other = authority("One", "Two"), authority("Two", "Root"), authority("Other", "Root")
    leaf = ehealth(issuer=plain_name("One"))
    assert Issuers([other, two, one, ROOT]).above(leaf) == [one, two]
    verdict = validate(leaf, [other, two, one], [der(ROOT)], check_revocation=False)
    assert verdict.trust is Trust.TRUSTED


def test_authorities_that_issued_each_other_cost_nothing() -> None:
    """The library tries every way through them: with twelve of them it does not end."""
    crowd = [authority(name, issuer) for name, issuer in [("One", "Two"), ("Two", "One")] * 100]
    leaf = ehealth(issuer=plain_name("One"))
    assert len(Issuers(crowd).above(leaf)) == MOST_ISSUERS
    with effort_below(30):  # without a bound it does not end
        verdict = validate(leaf, crowd, [der(ROOT)], check_revocation=False)
    assert verdict.trust is Trust.NOT_TRUSTED


def test_a_crowd_does_not_hide_the_issuer_that_we_know() -> None:
    known, leaf = authority("One", "Root"), ehealth(issuer=plain_name("One"))
    crowd = [authority("One", "Two") for _ in range(50)]
    verdict = validate(leaf, crowd, [der(ROOT), der(known)], check_revocation=False)
    assert verdict.trust is Trust.TRUSTED


def damaged(whole: x509.Certificate, old: bytes, new: bytes) -> x509.Certificate:
    """Return the certificate with some bytes exchanged; its signature no longer counts."""
    content = whole.public_bytes(Encoding.DER)
    assert old in content
    return x509.load_der_x509_certificate(content.replace(old, new))


def test_a_use_that_stands_there_twice_is_refused() -> None:
    """It is asked before anything is trusted, so anybody may send it."""
    doubled = damaged(
        certificate(
            plain_name("x"),
            extensions=(
                x509.SubjectKeyIdentifier(b"x" * 20),
                x509.PrivateKeyUsagePeriod(NOW.replace(tzinfo=None), None),
            ),
        ),
        bytes.fromhex("0603551d10"),
        bytes.fromhex("0603551d0e"),
    )
    with pytest.raises(NotAnAuthenticationCertificate):
        cards.check_purpose(doubled, [], signing=False, now=NOW)


def test_a_name_that_cannot_be_read_is_refused() -> None:
    name = plain_name("An Peeters", (NameOID.SURNAME, "Peeters"), (NameOID.SERIAL_NUMBER, "85073003328"))
    unreadable = damaged(certificate(name), b"An Peeters", b"An \xff\xfeeters")
    with pytest.raises(CardRefused):
        card_holder(unreadable)
