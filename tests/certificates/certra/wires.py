"""Servers that misbehave below HTTP: what the sandbox, which speaks HTTP properly, cannot do."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates.samples import NOW, certificate, key, plain_name

Answer = Callable[[socket.socket, bytes], None]


class Listener:
    """One loopback port; `heard` holds what each connection said before it was answered."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[bytes] = []
        self._answer = answer
        self._context = context
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._server.accept()
            except OSError:
                return
            with raw:
                raw.settimeout(60)
                try:
                    self._talk(raw)
                except OSError:
                    continue

    def _talk(self, raw: socket.socket) -> None:
        connection = raw
        if self._context is not None:
            connection = self._context.wrap_socket(raw, server_side=True)
        with connection:
            said = b""
            while b"\r\n\r\n" not in said:
                part = connection.recv(65536)
                if not part:
                    return
                said += part
            head, _, body = said.partition(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            while len(body) < length:
                body += connection.recv(65536)
            self.heard.append(head + b"\r\n\r\n" + body)
            self._answer(connection, body)

    def close(self) -> None:
        # A blocked accept() does not end with close() alone.
        with socket.socket() as knock:
            knock.settimeout(1)
            self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
        self._thread.join(timeout=60)


@contextmanager
def listening(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Listener]:
    listener = Listener(answer, context)
    try:
        yield listener
    finally:
        listener.close()


def tls(folder: Path, *, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """Return a server's context with a self-signed certificate for `host`, and the file to trust it by."""
    try:
        named: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        named = x509.DNSName(host)
    made = certificate(
        plain_name("a server"),
        not_after=NOW + timedelta(days=2),
        extensions=(
            x509.SubjectAlternativeName([named]),
            x509.BasicConstraints(ca=True, path_length=0),
        ),
    )
    public, private = folder / "server.pem", folder / "server.key"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
