"""The client of the one server: what it trusts, what it repeats, what it refuses to read."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.config import Config
from agent.errors import PortalError
from agent.portal import client as portal_module
from agent.portal.client import Portal
from agent.portal.device import new_device_key
from agent.wire.link.proofs import public_jwk, thumbprint
from tests.agent.counterpart import Counterpart
from tests.agent.tokens.desk import Refused

KEY = new_device_key()


def _config(folder: Path, ca_file: Path | None = None) -> Config:
    return Config(folder, (), folder, "en", False, ca_file)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_module, "RETRY_PAUSES", (0.01, 0.01, 0.01))


@pytest.fixture
def portal(server: Counterpart, tmp_path: Path) -> Portal:
    jwk = public_jwk(KEY)
    server.devices[thumbprint(jwk)] = jwk
    return Portal(_config(tmp_path), server.url, KEY, "nl")


def _code(call: Callable[[], object]) -> str:
    with pytest.raises(PortalError) as refused:
        call()
    return refused.value.code


def test_a_lost_answer_to_a_post_is_fetched_not_done_again(portal: Portal, server: Counterpart) -> None:
    job = server.add_job()
    times = iter([True, True, False])
    server.lose_answer = lambda method, path: next(times)
    portal.decline(job.id, "")
    assert [call[0] for call in server.calls] == ["POST"] * 3
    assert len(server.answers) == 1


def test_a_lost_answer_to_a_get_is_asked_again_with_a_fresh_proof(
    portal: Portal, server: Counterpart
) -> None:
    times = iter([True, False])
    server.lose_answer = lambda method, path: next(times)
    assert portal.jobs() == ()
    assert len(server.answers) == 2


def test_a_busy_server_is_given_time_then_given_up(portal: Portal, server: Counterpart) -> None:
    times = iter([503, 502, 0])

    def busy(method: str, path: str) -> Refused | None:
        status = next(times, 503)
        return Refused(status, "busy") if status else None

    server.refuse = busy
    assert portal.jobs() == ()
    assert _code(portal.jobs) == "busy"
    assert len(server.calls) == 3 + 4


def test_a_post_whose_first_call_left_no_answer_goes_out_anew(portal: Portal, server: Counterpart) -> None:
    """The server died in the first call: the same proof is used up, and there is nothing to answer it with."""
    refusals = iter([Refused(502, "busy"), Refused(401, "proof_replayed"), None])
    server.refuse = lambda method, path: next(refusals)
    identifier, _nonce = portal.start_enrolment()
    assert identifier in server.nonces
    assert [status for _method, _path, status in server.calls] == [502, 401, 201]


def test_a_first_call_that_is_called_replayed_is_not_made_again(portal: Portal, server: Counterpart) -> None:
    server.refuse = lambda method, path: Refused(401, "proof_replayed")
    assert _code(portal.start_enrolment) == "proof_replayed"
    assert len(server.calls) == 1


def test_a_wrong_clock_is_called_by_its_name(portal: Portal, server: Counterpart) -> None:
    server.clock_offset = timedelta(minutes=10)
    with pytest.raises(PortalError) as refused:
        portal.jobs()
    assert refused.value.code == "proof_stale"
    assert refused.value.values == {"minutes": "10"}
    assert 590 < portal.hello().clock_difference < 610


def test_another_device_is_unknown(portal: Portal, server: Counterpart, tmp_path: Path) -> None:
    assert _code(Portal(_config(tmp_path), server.url, new_device_key(), "nl").jobs) == "device_unknown"


def test_ids_never_become_paths(portal: Portal, server: Counterpart) -> None:
    for odd in ("../device", "a/b", "", "x" * 22 + "/"):
        assert _code(lambda odd=odd: portal.job(odd)) == "job_unknown"  # type: ignore[misc]  # bound for the loop
    assert server.calls == []


def test_an_unreachable_server_says_so(server: Counterpart, tmp_path: Path) -> None:
    gone = Counterpart(server.card)
    gone.close()
    assert _code(Portal(_config(tmp_path), gone.url, KEY, "nl").hello) == "server_unreachable"


class _Odd(http.server.BaseHTTPRequestHandler):
    status, kind, body, location = 200, "application/json", b"{}", ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def odd(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Odd", (_Odd,), request.param)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "odd",
    [
        {"body": b" " * 700_000},
        {"body": b"not json"},
        {"body": b"[]"},
        {"body": b'{"time":"soon"}'},
        {"body": b'{"name":1,"version":"1","time":"2026-01-01T00:00:00Z","origin":"x"}'},
        {"kind": "text/html", "body": b"<h1>Log in to the hospital's network</h1>"},
        {"status": 302, "location": "http://127.0.0.1:1/"},
        {"status": 404, "kind": "text/html"},
        {"status": 400, "kind": "application/problem+json", "body": b"nonsense"},
    ],
    indirect=True,
)
def test_answers_that_are_not_the_protocol_are_not_read(odd: str, tmp_path: Path) -> None:
    assert _code(Portal(_config(tmp_path), odd, KEY, "nl").hello) == "server_unexpected"


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    ca = tmp_path / "ca.pem"
    ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    body = b'{"name":"x","version":"1","time":"2026-01-01T00:00:00Z","origin":"x"}'
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Tls", (_Odd,), {"body": body})) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"https://localhost:{server.server_address[1]}", ca
        server.shutdown()
        thread.join()


def test_an_untrusted_server_certificate_stops_everything(tls: tuple[str, Path], tmp_path: Path) -> None:
    url, ca = tls
    assert _code(Portal(_config(tmp_path), url, KEY, "nl").hello) == "server_tls"
    assert Portal(_config(tmp_path, ca), url, KEY, "nl").hello().name == "x"


class _Drip(http.server.BaseHTTPRequestHandler):
    """Gives a byte now and then, of its headers or of its body, and never comes to an end."""

    where = "body"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if self.where == "body":
            self.end_headers()
        else:
            self.flush_headers()
            self.wfile.write(b"X-Slow: ")
        while not self.server.over.wait(0.05):  # type: ignore[attr-defined]  # the test's own
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(params=["headers", "body"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Drip", (_Drip,), {"where": request.param})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.over = threading.Event()  # type: ignore[attr-defined]  # the test's own
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.over.set()  # type: ignore[attr-defined]  # the test's own
        server.shutdown()
        thread.join()


def test_a_server_that_drips_does_not_hold_the_agent(
    dripping: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read is in time, and the answer never is."""
    monkeypatch.setattr(portal_module, "EXCHANGE_SECONDS", 0.5)
    pauses: list[float] = []
    monkeypatch.setattr("agent.portal.client.time.sleep", pauses.append)
    assert _code(Portal(_config(tmp_path), dripping, KEY, "nl").hello) == "server_unreachable"
    assert len(pauses) == len(portal_module.RETRY_PAUSES), "each try was given up, although something came"
