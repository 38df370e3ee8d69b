"""Servers that take their time: silent, dripping, or hanging at any point of a conversation."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Talk = Callable[[socket.socket], None]


@dataclass
class SlowServer:
    """A port, what was heard there, and how many connections came."""

    port: int
    heard: bytearray = field(default_factory=bytearray)
    connections: int = 0


def read_head(connection: socket.socket, server: SlowServer) -> None:
    """Read until the head of a request is whole."""
    while b"\r\n\r\n" not in server.heard:
        part = connection.recv(65536)
        if not part:
            return
        server.heard += part


def drip(connection: socket.socket, leave: threading.Event, byte: bytes = b"x", every: float = 0.05) -> None:
    """Send a byte again and again, until the caller leaves."""
    while not leave.wait(every):
        connection.sendall(byte)


@contextmanager
def serving(talk: Callable[[socket.socket, SlowServer, threading.Event], None]) -> Iterator[SlowServer]:
    """Have each connection talked to in a thread of its own; `leave` is set when the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    server, leave = SlowServer(listening.getsockname()[1]), threading.Event()
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                talk(connection, server, leave)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.settimeout(60)
            server.connections += 1
            threads.append(threading.Thread(target=one, args=(connection,), daemon=True))
            threads[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        leave.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for started in [thread, *threads]:
            started.join(60)
