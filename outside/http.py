"""One HTTP exchange: one request, one whole answer or none. No redirect is followed, and nothing is kept.

A proxy is asked only where the caller names one, and only in the clear: what is secret goes to its address directly.
"""

import base64
import http.client
import ssl
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from outside.circuits import calling
from outside.deadline import Deadline
from outside.errors import NoAnswer, NotSent
from outside.sockets import HurriedContext, HurriedSocket, HurriedTlsSocket, Limits, connect, tls_context

AT_ONCE = 64 * 1024
ANY_ENCODING = 32 + zlib.MAX_WBITS
"""zlib's way to say: gzip or deflate, whichever it is."""


@dataclass(frozen=True)
class Answer:
    """What came back, whole; a redirect is an answer like any other."""

    status: int
    headers: Message
    content: bytes


@lru_cache(maxsize=8)
def _context(trusted: str | None) -> HurriedContext:
    return tls_context(trusted)


def host_of(address: str) -> str:
    """Return host and port of a web address, as circuits name it. Raises ValueError."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("no web address")
    return f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"


def exchange(
    method: str,
    address: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str],
    limits: Limits,
    most_bytes: int,
    trusted: str | None = None,
    proxy: str | None = None,
    private: bool = True,
    status_only: bool = False,
    apart: tuple[str, str] | None = None,
) -> Answer:
    """Send one request and return its whole answer, at most `most_bytes` once unpacked, all within the limits.

    Without `private` nothing but the open internet is called: for addresses that others wrote. A proxy may stand
    anywhere, and answers for where it goes. With `status_only` nothing of the content is read.

    `apart` names a circuit of the caller's own, and what metrics call it: a host that a tenant named is not judged for
    others who call it, nor they for it.

    Raises NotSent (Resting among it) while nothing had left, NoAnswer after that, ValueError for no web address.
    """
    host = host_of(address)
    parts = urlsplit(address)
    deadline = Deadline(limits.total)
    try:
        deadline.left()
    except TimeoutError:
        # Our own time is over: the host is not to blame.
        raise NotSent("no time is left to send") from None
    circuit, told_as = apart or (host, "")
    with calling(circuit, told_as=told_as):
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named, next_stop = parts.netloc.rpartition("@")[2], host
        if proxy is not None and parts.scheme == "http":
            next_stop, target = host_of(proxy), f"http://{named}{target}"
            headers, private = {**_signed_in(proxy), **headers}, True
        name, _, port = next_stop.rpartition(":")
        line = _connected(
            name, int(port), limits, deadline, tls=parts.scheme == "https", trusted=trusted, private=private
        )
        with line:
            return _exchanged(line, named, method, target, body, headers, None if status_only else most_bytes)


def _signed_in(proxy: str) -> dict[str, str]:
    """Return the header by which a proxy knows us, where its address holds a name (RFC 9110 11.7.2)."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    told = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(told).decode()}"}


def _connected(
    name: str,
    port: int,
    limits: Limits,
    deadline: Deadline,
    *,
    tls: bool,
    trusted: str | None,
    private: bool,
) -> HurriedSocket | HurriedTlsSocket:
    try:
        plain = connect(name, port, limits, deadline, private=private)
    except (OSError, UnicodeError) as error:
        raise NotSent("no connection") from error
    if not tls:
        return plain
    try:
        secure = _context(trusted).wrap_socket(plain, server_hostname=name)
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors, a certificate's ValueErrors too
        plain.close()
        raise NotSent("no connection") from error
    assert isinstance(secure, HurriedTlsSocket)  # noqa: S101  # the context makes no other
    return secure


def _exchanged(
    line: HurriedSocket | HurriedTlsSocket,
    named: str,
    method: str,
    target: str,
    body: bytes | None,
    headers: Mapping[str, str],
    most_bytes: int | None,
) -> Answer:
    connection = http.client.HTTPConnection(named)
    connection.sock, connection.auto_open = line, 0
    try:
        sent = {
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "ehportal",
            "Accept": "*/*",
        }
        with suppress(BrokenPipeError):  # whoever refuses before it has read all may have said why
            connection.request(method, target, body, {**sent, **headers})
        with connection.getresponse() as response:
            content = b"" if most_bytes is None else _read(response, most_bytes)
            return Answer(response.status, response.headers, content)
    except NoAnswer:
        raise
    except TimeoutError as error:
        if not line.begun:
            raise NotSent("no time is left to send") from None
        raise NoAnswer("no answer in time") from error
    except (OSError, ssl.SSLError, ValueError, zlib.error, http.client.HTTPException) as error:
        raise (NoAnswer if line.begun else NotSent)("the connection was lost") from error


def _read(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    packed = response.getheader("Content-Encoding", "").strip().lower() in {"gzip", "x-gzip", "deflate"}
    unpacker = zlib.decompressobj(ANY_ENCODING) if packed else None
    content = bytearray()
    while chunk := response.read(AT_ONCE):
        content += unpacker.decompress(chunk, most_bytes + 1 - len(content)) if unpacker else chunk
        if len(content) > most_bytes:
            raise NoAnswer("the answer is too large")
    if response.length or (unpacker is not None and content and not unpacker.eof):
        raise NoAnswer("the answer broke off")
    return bytes(content)
