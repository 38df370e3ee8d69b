"""Mail servers that hang or drip, by SMTP and by IMAP: cut off at the deadline, and left alone for a while."""

import socket
import threading
from collections.abc import Callable

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from organisations.models import Circuit
from organisations.services.circuits import SharedCircuits
from organisations.services.letters.mail import DeliveryStatus, send
from organisations.services.letters.mailbox import MailboxUnreachable, read_mailbox
from organisations.services.letters.returned import MOST_BYTES
from outside.circuits import keep_circuits
from tests.outside.slow_servers import SlowServer, drip, serving
from tests.support.responder import soon

pytestmark = pytest.mark.django_db
Talk = Callable[[socket.socket, SlowServer, threading.Event], None]


@pytest.fixture(autouse=True)
def by_smtp(settings: Settings, every_call_is_made: None) -> None:
    """No silence is too long: what cuts a conversation off is its deadline. The circuits are the installation's."""
    settings.EMAIL_BACKEND = "organisations.services.letters.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT, settings.MAIL_DEADLINE = "127.0.0.1", 60, 1
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.CIRCUIT_FAILURES, settings.CIRCUIT_REST = 2, 900
    keep_circuits(SharedCircuits())


def hangs(_connection: socket.socket, _server: SlowServer, leave: threading.Event) -> None:
    leave.wait(60)


def drips(connection: socket.socket, _server: SlowServer, leave: threading.Event) -> None:
    connection.sendall(b"220-")
    drip(connection, leave)


def answering(last: Callable[[socket.socket, threading.Event], None], word: bytes = b"DATA") -> Talk:
    """Speak SMTP until `word`, then do what the test wants."""

    def talk(connection: socket.socket, server: SlowServer, leave: threading.Event) -> None:
        connection.sendall(b"220 ready\r\n")
        for line in connection.makefile("rb"):
            server.heard += line
            if line.strip().upper() == word:
                last(connection, leave)
                return
            connection.sendall(b"250 fine\r\n")

    return talk


def stay(_connection: socket.socket, leave: threading.Event) -> None:
    leave.wait(60)


def letter() -> EmailMultiAlternatives:
    return EmailMultiAlternatives("Subject", "Text", "a@maasdal.example", to=["b@maasdal.example"])


@pytest.mark.parametrize(
    ("talk", "status"),
    [
        (hangs, DeliveryStatus.UNREACHABLE),
        (drips, DeliveryStatus.UNREACHABLE),
        (answering(stay), DeliveryStatus.REFUSED),
        (answering(drip), DeliveryStatus.REFUSED),
    ],
    ids=["hangs", "drips", "hangs over a letter", "drips over a letter"],
)
def test_a_slow_mail_server_is_cut_off_and_left_alone(
    settings: Settings, talk: Talk, status: DeliveryStatus
) -> None:
    with serving(talk) as server:
        settings.EMAIL_PORT = server.port
        assert [send(letter()).status for _ in range(2)] == [status] * 2
        for _ in range(4):
            rests = send(letter())
            assert (rests.status, rests.answer) == (DeliveryStatus.UNREACHABLE, "ConnectionError")
        assert server.connections == 2
    assert Circuit.objects.get().host == f"127.0.0.1:{server.port}"


def test_a_mail_server_that_hangs_under_tls_is_cut_off(settings: Settings) -> None:
    settings.EMAIL_USE_SSL = True
    with serving(hangs) as server:
        settings.EMAIL_PORT = server.port
        assert send(letter()).status is DeliveryStatus.UNREACHABLE


def test_starttls_that_drips_is_cut_off(settings: Settings) -> None:
    settings.EMAIL_USE_TLS = True

    def last(connection: socket.socket, leave: threading.Event) -> None:
        connection.sendall(b"220 go on\r\n\x16\x03\x03\x3f\xff\x02")
        drip(connection, leave)

    def talk(connection: socket.socket, server: SlowServer, leave: threading.Event) -> None:
        connection.sendall(b"220 ready\r\n")
        for line in connection.makefile("rb"):
            server.heard += line
            if line.strip() == b"STARTTLS":
                last(connection, leave)
                return
            connection.sendall(b"250-here\r\n250 STARTTLS\r\n")

    with serving(talk) as server:
        settings.EMAIL_PORT = server.port
        assert send(letter()).status is DeliveryStatus.UNREACHABLE
        assert b"STARTTLS" in server.heard


@pytest.mark.parametrize("word", [b"hangs", b"drips"])
def test_a_slow_mailbox_is_cut_off_and_left_alone(settings: Settings, word: bytes) -> None:
    settings.MAILBOX_DEADLINE = 1

    def talk(connection: socket.socket, _server: SlowServer, leave: threading.Event) -> None:
        connection.sendall(b"* OK ")
        leave.wait(60) if word == b"hangs" else drip(connection, leave)

    with serving(talk) as server:
        for _ in range(4):
            with pytest.raises(MailboxUnreachable):
                read_mailbox(f"imap://bounces:secret@127.0.0.1:{server.port}/INBOX", now=soon())
        assert server.connections == 2


def test_a_message_larger_than_was_asked_for_is_not_read() -> None:
    def talk(connection: socket.socket, _server: SlowServer, _leave: threading.Event) -> None:
        connection.sendall(b"* OK ready\r\n")
        for line in connection.makefile("rb"):
            tag, command = line.split()[:2]
            said = {
                b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
                b"SEARCH": b"* SEARCH 1\r\n",
                b"FETCH": b"* 1 FETCH (RFC822 {%d}\r\n" % (MOST_BYTES + 1),
            }.get(command, b"")
            connection.sendall(said + tag + b" OK done\r\n")

    with serving(talk) as server, pytest.raises(MailboxUnreachable):
        read_mailbox(f"imap://bounces:secret@127.0.0.1:{server.port}/INBOX", now=soon())
