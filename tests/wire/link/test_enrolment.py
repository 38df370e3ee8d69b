import pytest

from agent.wire.errors import OriginInvalid, SignatureInvalid
from agent.wire.link.enrolment import enrolment_message, verify_enrolment_signature
from agent.wire.origins import normalise_origin
from tests.support.cards import SoftwareCard, raw_sign

ORIGIN = "https://certificates.example.org"


def test_the_message_binds_server_nonce_and_device() -> None:
    message = enrolment_message(ORIGIN, b"n" * 32, b"t" * 32)
    assert message.startswith(b"ehportal/enrolment/v1\x00")
    assert len(message) == 22 + 3 * 32
    others = {
        enrolment_message("https://evil.example.org", b"n" * 32, b"t" * 32),
        enrolment_message(ORIGIN, b"m" * 32, b"t" * 32),
        enrolment_message(ORIGIN, b"n" * 32, b"u" * 32),
    }
    assert len(others | {message}) == 4
    with pytest.raises(SignatureInvalid):
        enrolment_message(ORIGIN, b"n", b"t" * 32)


def test_the_card_vouches(card: SoftwareCard) -> None:
    message = enrolment_message(ORIGIN, b"n" * 32, b"t" * 32)
    rsa_card = "rsa" in type(card.authentication_key).__name__.lower()
    algorithm, wrong = ("RS256", "ES384") if rsa_card else ("ES384", "RS256")
    signature = raw_sign(card.authentication_key)(message, "")
    verify_enrolment_signature(card.authentication, message, signature, algorithm)
    refused = [
        (message + b"x", signature, algorithm),
        (message, signature[:-1], algorithm),
        (message, bytes(len(signature)), algorithm),
        (message, signature, wrong),
        (message, signature, "none"),
        (message, raw_sign(card.signature_key)(message, ""), algorithm),
    ]
    for text, value, name in refused:
        with pytest.raises(SignatureInvalid):
            verify_enrolment_signature(card.authentication, text, value, name)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://Certificates.Example.ORG:443/", ORIGIN),
        ("https://certificates.example.org:8443", ORIGIN + ":8443"),
        ("https://café.example", "https://xn--caf-dma.example"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str) -> None:
    assert normalise_origin(url) == origin
    assert normalise_origin(origin) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "certificates.example.org",
        "http://certificates.example.org",
        "http://127.0.0.1.example.org",
        "ftp://localhost",
        "https://user@certificates.example.org",
        "https://certificates.example.org/path",
        "https://certificates.example.org?x",
        "https://certificates.example.org#x",
        "https://certificates.example.org:99999",
        "https://[::1",
        "https://exa mple.org",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(OriginInvalid):
        normalise_origin(url)
