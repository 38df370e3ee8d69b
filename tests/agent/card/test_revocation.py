"""What an authority says of a card's certificate (OCSP): over plain HTTP, so anybody on the way may have written it."""

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from agent.card import revocation
from agent.card.revocation import certificate_status
from tests.support.holder import any_key

NOW = datetime.now(UTC)
UNSET = "http://127.0.0.1:9"


def certificate(name: str, serial: int, key: rsa.RSAPrivateKey, responder: str) -> x509.Certificate:
    place = x509.UniformResourceIdentifier(responder)
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Citizen CA")]))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        .sign(key, hashes.SHA256())
    )


ISSUER = certificate("Citizen CA", 1, any_key(), UNSET)


def answer(card: x509.Certificate, *, at: datetime = NOW, with_certificate: bool = False) -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=card,
        issuer=ISSUER,
        algorithm=hashes.SHA1(),  # noqa: S303  RFC 5019
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=at,
        next_update=at + timedelta(hours=1),
        revocation_time=None,
        revocation_reason=None,
    )
    if with_certificate:
        builder = builder.certificates([ISSUER])
    signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ISSUER).sign(any_key(), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


class Responder:
    """Answers every question with the bytes it was given; where `slow`, a byte now and then."""

    def __init__(self) -> None:
        self.body, self.slow, self.over = b"", False, threading.Event()
        self.sent = 0
        responder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(200)
                self.end_headers()
                for byte in responder.body if responder.slow else ():
                    if responder.over.wait(0.05):
                        return
                    self.wfile.write(bytes([byte]))
                    responder.sent += 1
                if not responder.slow:
                    self.wfile.write(responder.body)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    running = Responder()
    yield running
    running.close()


@pytest.fixture(scope="module")
def card(responder: Responder) -> x509.Certificate:
    return certificate("An", 77, any_key(), responder.url)


def test_the_authoritys_word_counts(responder: Responder, card: x509.Certificate) -> None:
    responder.body = answer(card, with_certificate=True)
    assert certificate_status(card, ISSUER, now=NOW) == "good"
    assert certificate_status(card, ISSUER, now=NOW + timedelta(hours=3)) == "unknown"
    responder.body = answer(certificate("Luc", 78, any_key(), UNSET))
    assert certificate_status(card, ISSUER, now=NOW) == "unknown"


@pytest.mark.parametrize("value", [0x00, 0x7F, 0xFF])
def test_no_answer_breaks_the_doctor(
    card: x509.Certificate, monkeypatch: pytest.MonkeyPatch, value: int
) -> None:
    """Any byte of it altered on the way: good only where the authority's own signature still says so."""
    whole = answer(card, with_certificate=True)
    told: set[str] = set()
    for place in range(len(whole)):
        body = whole[:place] + bytes([value]) + whole[place + 1 :]
        monkeypatch.setattr(revocation, "_answer", lambda url, question, body=body: body)
        told.add(certificate_status(card, ISSUER, now=NOW))
    assert told <= {"good", "unknown"}
    assert "unknown" in told


def test_a_responder_that_drips_does_not_hold_the_doctor(
    responder: Responder, card: x509.Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "EXCHANGE_SECONDS", 0.5)
    responder.body, responder.slow = answer(card), True
    responder.sent = 0
    assert certificate_status(card, ISSUER, now=NOW) == "unknown"
    assert responder.sent < len(responder.body), "not waited for to its end"
    responder.slow = False


def test_an_endless_answer_is_cut(responder: Responder, card: x509.Certificate) -> None:
    responder.body = answer(card) + bytes(revocation.MAX_ANSWER_BYTES)
    assert certificate_status(card, ISSUER, now=NOW) == "unknown"
