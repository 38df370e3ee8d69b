"""One exchange: cut off at its deadline wherever the other side takes its time, bounded, and never led elsewhere."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from outside import deadline as deadlines
from outside import sockets
from outside.deadline import Deadline, TimeIsUp, within
from outside.errors import CallFailed, NoAnswer, NotSent
from outside.http import Answer, exchange, host_of
from outside.sockets import Limits
from tests.certificates.certra.wires import tls
from tests.outside.slow_servers import SlowServer, drip, read_head, serving

PATIENT = Limits(connecting=60, silence=60, total=120)
HURRIED = Limits(connecting=60, silence=60, total=1)
"""No silence is too long for it: what cuts it off is the whole time alone."""
Talk = Callable[[socket.socket, SlowServer, threading.Event], None]


def ask(
    server: SlowServer, limits: Limits = PATIENT, *, scheme: str = "http", trusted: str | None = None
) -> Answer:
    return exchange(
        "POST",
        f"{scheme}://127.0.0.1:{server.port}/way?q=1",
        body=b"body",
        headers={"X-One": "1"},
        limits=limits,
        most_bytes=1000,
        trusted=trusted,
    )


def saying(answer: bytes) -> Talk:
    def talk(connection: socket.socket, server: SlowServer, _leave: threading.Event) -> None:
        read_head(connection, server)
        connection.sendall(answer)

    return talk


def dripping(before: bytes, byte: bytes) -> Talk:
    def talk(connection: socket.socket, server: SlowServer, leave: threading.Event) -> None:
        read_head(connection, server)
        connection.sendall(before)
        drip(connection, leave, byte)

    return talk


def hanging(connection: socket.socket, server: SlowServer, leave: threading.Event) -> None:
    read_head(connection, server)
    leave.wait(60)


HEAD = b"HTTP/1.1 200 OK\r\n"
SLOW: dict[str, Talk] = {
    "hangs": hanging,
    "drips its first line": dripping(b"HTTP/1.1 200 ", b"x"),
    "drips a header": dripping(HEAD + b"X-Long: ", b"x"),
    "drips headers": dripping(HEAD, b"A: b\r\n"),
    "drips its body": dripping(HEAD + b"Content-Length: 900\r\n\r\n", b"x"),
    "drips chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "drips without an end": dripping(HEAD + b"\r\n", b"x"),
    "goes on saying wait": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("talk", SLOW.values(), ids=SLOW)
def test_a_slow_answer_is_cut_off(talk: Talk) -> None:
    with serving(talk) as server:
        with pytest.raises(NoAnswer):
            ask(server, HURRIED)
        assert server.connections == 1


def test_a_handshake_that_drips_is_cut_off_with_nothing_sent() -> None:
    def talk(connection: socket.socket, server: SlowServer, leave: threading.Event) -> None:
        connection.sendall(b"\x16\x03\x03\x3f\xff\x02")  # a long ServerHello, byte by byte
        drip(connection, leave)

    with serving(talk) as server, pytest.raises(NotSent):
        ask(server, HURRIED, scheme="https")


def test_an_answer_that_drips_under_tls_is_cut_off(tmp_path: Path) -> None:
    context, trusted = tls(tmp_path)

    def talk(connection: socket.socket, server: SlowServer, leave: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            read_head(secure, server)
            secure.sendall(HEAD + b"X-Long: ")
            drip(secure, leave)

    with serving(talk) as server:
        with pytest.raises(NoAnswer):
            ask(server, HURRIED, scheme="https", trusted=str(trusted))
        assert b"body" in server.heard or b"POST" in server.heard


def test_a_name_that_nobody_finds_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found, real = threading.Event(), socket.getaddrinfo

    def hang(host: str, *arguments: object, **named: object) -> object:
        if host != "slow.example":
            return real(host, *arguments, **named)  # type: ignore[arg-type]  # handed on as it came
        if named.get("flags"):
            raise socket.gaierror
        found.wait(60)
        return []

    monkeypatch.setattr("outside.sockets.socket.getaddrinfo", hang)
    try:
        with pytest.raises(NotSent):
            exchange("GET", "http://slow.example/", headers={}, limits=HURRIED, most_bytes=1)
    finally:
        found.set()


def test_what_is_sent_and_what_comes_back() -> None:
    with serving(saying(HEAD + b"X-Two: 2\r\nContent-Length: 5\r\n\r\nhello")) as server:
        answer = ask(server)
        assert (answer.status, answer.headers["X-Two"], answer.content) == (200, "2", b"hello")
        said = bytes(server.heard)
    assert said.startswith(b"POST /way?q=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in said
    assert b"X-One: 1\r\n" in said


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001,
        HEAD + b"\r\n" + b"x" * 1001,
        HEAD + b"Content-Length: 9\r\n\r\nhello",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        HEAD + b"Content-Encoding: gzip\r\n\r\nhello",
        b"hello",
        b"",
    ],
)
def test_what_is_too_large_or_no_whole_is_no_answer(answer: bytes) -> None:
    with serving(saying(answer)) as server, pytest.raises(NoAnswer):
        ask(server)


def test_a_proxy_is_asked_in_the_clear_where_it_is_named() -> None:
    with serving(saying(HEAD + b"Content-Length: 2\r\n\r\nok")) as proxy:
        answer = exchange(
            "GET",
            "http://crl.example:81/a.crl?x",
            headers={},
            limits=PATIENT,
            most_bytes=9,
            proxy=f"http://us:p%40ss@127.0.0.1:{proxy.port}",
        )
        assert answer.content == b"ok"
    said = bytes(proxy.heard)
    assert said.startswith(b"GET http://crl.example:81/a.crl?x HTTP/1.1\r\n")
    assert b"Host: crl.example:81\r\n" in said
    assert b"Proxy-Authorization: Basic dXM6cEBzcw==\r\n" in said


def test_a_redirect_is_followed_nowhere() -> None:
    with serving(saying(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")) as server:
        assert ask(server).status == 302
        assert server.connections == 1


def test_once_the_time_is_up_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was stopped between connecting and sending finds the connection open, and sends nothing."""
    true, late = deadlines.elapsed, [0.0]
    monkeypatch.setattr(deadlines, "elapsed", lambda: true() + late[0])
    connect = sockets.connect

    def stopped(*arguments: object, **named: object) -> object:
        connection = connect(*arguments, **named)  # type: ignore[arg-type]  # handed on as they came
        late[0] = 3600
        return connection

    monkeypatch.setattr("outside.http.connect", stopped)
    with serving(hanging) as server, pytest.raises(NotSent):
        ask(server)
    assert server.heard == b""


def test_calls_together_end_with_what_they_are_part_of(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(deadlines, "elapsed", lambda: clock[0])
    with within(10), within(60):
        clock[0] += 4
        assert Deadline(60).left() == 6
        assert Deadline(5).left() == 5
        clock[0] += 6
        with pytest.raises(TimeIsUp):
            Deadline(60).left()
        with pytest.raises(NotSent):
            exchange("GET", "http://127.0.0.1:1/", headers={}, limits=PATIENT, most_bytes=1)
    assert Deadline(60).left() == 60


@pytest.mark.parametrize("address", ["ftp://host/", "http:///x", "host", "http://host:port/", ""])
def test_what_is_no_web_address(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # urlsplit has several texts
        exchange("GET", address, headers={}, limits=PATIENT, most_bytes=1)


def test_hosts_are_named_with_their_port() -> None:
    assert host_of("https://Services.ehealth.fgov.be/x") == "services.ehealth.fgov.be:443"
    assert host_of("http://crl.example:8080/a.crl") == "crl.example:8080"


def test_every_failure_is_one_of_two() -> None:
    assert {NotSent, NoAnswer} <= set(CallFailed.__subclasses__())
