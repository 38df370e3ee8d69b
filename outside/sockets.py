"""Sockets that keep a deadline: each read and each write asks first how much time is left.

A time-out of a plain socket begins anew with every byte, so whoever sends one byte a second is never late. These serve
every protocol (HTTP, SMTP, IMAP), in the clear and under TLS.
"""

import ipaddress
import queue
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Any

import certifi

from outside.deadline import Deadline, TimeIsUp


@dataclass(frozen=True)
class Limits:
    """Seconds for connecting (name, connection, TLS), for each silence in between, and for the whole call."""

    connecting: float
    silence: float
    total: float


class _Hurried:
    """What both kinds of sockets share; `begun` tells whether anything of the caller's was given away to be sent."""

    deadline: Deadline | None = None
    silence: float = 0.0
    begun: bool = False

    def _allowed(self) -> float | None:
        return None if self.deadline is None else min(self.silence, self.deadline.left())


class HurriedSocket(_Hurried, socket.socket):
    """A TCP connection with a deadline."""

    def recv(self, *arguments: Any) -> bytes:
        """Read as a socket does. Raises TimeIsUp, or TimeoutError after a silence."""
        self.settimeout(self._allowed())
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """Read as a socket does. Raises TimeIsUp, or TimeoutError after a silence."""
        self.settimeout(self._allowed())
        return super().recv_into(*arguments)

    def sendall(self, data: Any, *flags: Any) -> None:
        """Send everything; nothing leaves once the time is up."""
        rest = memoryview(data).cast("B")
        while rest:
            self.settimeout(self._allowed())
            self.begun = True
            rest = rest[self.send(rest, *flags) :]


class HurriedTlsSocket(_Hurried, ssl.SSLSocket):
    """The same under TLS."""

    def recv(self, *arguments: Any) -> bytes:
        """Read as a socket does. Raises TimeIsUp, or TimeoutError after a silence."""
        self.settimeout(self._allowed())
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """Read as a socket does. Raises TimeIsUp, or TimeoutError after a silence."""
        self.settimeout(self._allowed())
        return super().recv_into(*arguments)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything; nothing leaves once the time is up."""
        rest = memoryview(data).cast("B")
        while rest:
            self.settimeout(self._allowed())
            self.begun = True
            rest = rest[self.send(rest, flags) :]


class HurriedContext(ssl.SSLContext):
    """TLS as a client: the server's certificate and name are verified, and the deadline goes along."""

    def wrap_socket(self, sock: socket.socket, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        """Put TLS over a connection, handshake included. Raises TimeIsUp."""
        deadline, silence = getattr(sock, "deadline", None), getattr(sock, "silence", 0.0)
        wrapped = super().wrap_socket(sock, *arguments, **named | {"do_handshake_on_connect": False})
        if isinstance(wrapped, HurriedTlsSocket):
            wrapped.deadline, wrapped.silence = deadline, silence
            try:
                wrapped.settimeout(wrapped._allowed())
                wrapped.do_handshake()
            except BaseException:
                wrapped.close()
                raise
        return wrapped


def tls_context(trusted: str | None = None) -> HurriedContext:
    """Return a context that trusts the certificates of a PEM file, the web's authorities unless told."""
    context = HurriedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = HurriedTlsSocket
    context.load_verify_locations(trusted or certifi.where())
    return context


def system_context() -> HurriedContext:
    """Return a context that trusts what this machine trusts: a house's own servers have certificates of its own."""
    context = HurriedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = HurriedTlsSocket
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def connect(
    host: str, port: int, limits: Limits, deadline: Deadline, *, private: bool = True
) -> HurriedSocket:
    """Connect to the first address of `host` that answers; without `private` to one of the open internet only.

    What is judged is the address that is then connected to, whatever the name says a moment later. Raises OSError;
    TimeIsUp when the time was over.
    """
    connecting = Deadline(limits.connecting)
    problem: OSError = OSError("no address")
    for family, kind, protocol, _name, address in _addresses(
        host, port, min(connecting.left(), deadline.left())
    ):
        if not private and not is_public(address[0]):
            problem = PermissionError("an address of a private network")
            continue
        connection = HurriedSocket(family, kind, protocol)
        try:
            connection.settimeout(min(connecting.left(), deadline.left()))
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
            if isinstance(error, TimeIsUp):
                break
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.deadline, connection.silence = deadline, limits.silence
        return connection
    raise problem


TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a translator writes them (RFC 6052 2.1): where one leads stands in its last 32 bits."""
WAYS_INSIDE = tuple(
    ipaddress.IPv6Network(one)
    for one in ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)
"""Addresses that a host may carry on to any IPv4 address, or of a site's own (RFC 4291, 8215, 4380, 3056, 3879)."""


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the open internet: no loopback, no house's own, no link's, no group's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found in TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
        if any(found in network for network in WAYS_INSIDE):
            return False
    return found.is_global and not found.is_multicast


_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


def _addresses(host: str, port: int, seconds: float) -> list[_Address]:
    """Look a name up; a resolver that hangs is left alone with its thread, which ends when it does."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        pass
    found: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.put(error)
        except UnicodeError:
            found.put(OSError("no name of a host"))

    threading.Thread(target=look_up, daemon=True, name="look up a host").start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the name was not found in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
