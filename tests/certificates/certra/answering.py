"""Answers that the sandbox would never give, and a client that hears them."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from certificates.certra.client import CertraClient
from outside.sockets import Limits
from tests.support.effort import until
from tests.support.sandbox import SandboxProcess

ENVELOPE = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>'
NAMESPACES = {
    "p": "urn:be:fgov:ehealth:certra:protocol:v2",
    "c": "urn:be:fgov:ehealth:certra:core:v2",
    "cc": "urn:be:fgov:ehealth:commons:core:v2",
    "r": "urn:be:fgov:ehealth:etkra:protocol:v2",
    "d": "urn:be:fgov:ehealth:etkdepot:1_0:protocol",
    "o": "urn:be:fgov:ehealth:commons:1_0:core",
}
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
SUCCESS = '<cc:Status><cc:StatusCode Value="urn:be:fgov:ehealth:2.0:status:Success"/></cc:Status>'


UNHURRIED = Limits(connecting=60, silence=60, total=120)


def client_of(address: str, *, read: float = 60, total: float = 120) -> CertraClient:
    """A client of CertRA at `address`."""
    return CertraClient(address, Limits(connecting=60, silence=read, total=total))


@contextmanager
def answered_late(government: SandboxProcess) -> Iterator[None]:
    """Wait at the end until the sandbox is done with a message whose sender did not wait: the next wants it idle."""
    before = _last(government)
    yield
    until(lambda: _last(government) != before, "the sandbox's late answer")


def _last(government: SandboxProcess) -> object:
    return [(one["time"], one["operation"]) for one in government.control_get("/control/received")[-1:]]


def certra_answer(operation: str, content: str, *, prefix: str = "p") -> bytes:
    """A successful answer of the second generation around `content`."""
    stamped = 'Id="_1" IssueInstant="2026-11-23T10:00:00Z" InResponseTo="_1"'
    text = f"<{prefix}:{operation}Response {DECLARED} {stamped}>{SUCCESS}{content}</{prefix}:{operation}Response>"
    return ENVELOPE % text.encode()


def depot_answer(content: str, *, code: str = "200") -> bytes:
    """An answer of the depot around `content`."""
    status = f'<o:Status><Code>{code}</Code><Message Lang="EN">a word</Message></o:Status>'
    text = f'<d:GetEtkResponse {DECLARED} Id="_1">{status}{content}</d:GetEtkResponse>'
    return ENVELOPE % text.encode()


def answering(content: bytes, status: bytes = b"200 OK", extra: bytes = b"") -> Callable[..., None]:
    """What a listener (wires.py) says to everybody."""

    def answer(connection: socket.socket, _body: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(content), extra, content)
        )

    return answer
