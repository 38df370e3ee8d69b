"""The listeners' common ground: small HTTP servers on the loopback interface with bounds on size and time."""

import logging
import select
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

log = logging.getLogger(__name__)

MAXIMUM_BODY = 1024 * 1024
HOST = "127.0.0.1"


class BodyTooLarge(Exception):
    """The announced body is larger than anything the platform takes."""


class Listener(ThreadingHTTPServer):
    """A server that says little and outlives careless clients."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event; anything else is logged without the request's content."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("request failed: %s", type(error).__name__, exc_info=error)


class Handler(BaseHTTPRequestHandler):
    """One connection: sizes are announced, bodies read whole or not at all, silence ends after 30 seconds."""

    protocol_version = "HTTP/1.1"
    server_version = "ehealth-sandbox"
    sys_version = ""
    timeout = 30

    def read_body(self) -> bytes:
        """The request's body; raises BodyTooLarge, after which the connection cannot be used again."""
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise BodyTooLarge("chunked bodies announce no size")
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > MAXIMUM_BODY:
            self.close_connection = True
            raise BodyTooLarge("the body is too large")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client left in the middle of its message")
        return body

    def send(self, status: int, content_type: str, body: bytes, announce: int | None = None) -> None:
        """Answer with a body; `announce` lies about its length, for a fault that asks for it."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if announce is None else announce))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection or announce is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        """End the connection without a word."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("the client was faster")

    def keep_waiting(self, seconds: float) -> None:
        """Say nothing until the client leaves, or for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            there, _, _ = select.select([self.connection], [], [], left)
            if there and not self.connection.recv(1024):
                return

    def send_slowly(self, content_type: str, body: bytes, seconds: float) -> None:
        """Answer with a body, a byte at a time with a pause before each."""
        self.send(200, content_type, b"", announce=len(body))
        for at in range(len(body)):
            time.sleep(seconds)
            self.wfile.write(body[at : at + 1])

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged by what they did, not by their address."""


def bind(port: int, earlier: int | None, handler: type[Handler]) -> Listener:
    """A listener on a port; 0 takes the earlier port when it is free, else any."""
    if port == 0 and earlier:
        try:
            return Listener((HOST, earlier), handler)
        except OSError:
            log.warning("port %s is taken, using another", earlier)
    return Listener((HOST, port), handler)
