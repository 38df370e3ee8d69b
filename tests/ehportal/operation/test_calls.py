"""Calls out in Prometheus's text: by configured host and outcome, of all processes, and no address of anybody's."""

import contextlib
import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator

import pytest
import pytest_django
from django.db import OperationalError, connection
from django.test import Client

from ehportal.metrics.calls import tally
from organisations.models import CallTally
from organisations.services.circuits import SharedCircuits
from outside.circuits import keep_circuits
from outside.errors import CallFailed
from outside.http import exchange
from outside.sockets import Limits
from tests.certificates.certra.wires import free_port
from tests.ehportal.operation.metrics import scraped
from tests.environment import ROOT
from tests.outside.slow_servers import SlowServer, read_head, serving
from tests.outside.test_exchange import hanging, saying

ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
PATIENT = Limits(connecting=60, silence=60, total=60)
HURRIED = Limits(connecting=60, silence=0.2, total=60)
ANOTHER_PROCESS = """
    import django, sys
    django.setup()
    from outside.http import exchange
    from outside.sockets import Limits
    for _ in range(20):
        exchange("GET", sys.argv[1], headers={}, limits=Limits(60, 60, 60), most_bytes=9)
"""


@pytest.fixture(autouse=True)
def nothing_counted(every_call_is_made: None) -> Iterator[None]:
    tally.forget()
    yield
    tally.forget()


def call(port: int, limits: Limits = PATIENT, host: str = "127.0.0.1") -> None:
    with contextlib.suppress(CallFailed):
        exchange("GET", f"http://{host}:{port}/", headers={}, limits=limits, most_bytes=100)


def breaking(connection: socket.socket, server: SlowServer, _leave: threading.Event) -> None:
    read_head(connection, server)


def configure(settings: pytest_django.Settings, *ports: int) -> None:
    """Make these ports of loopback the government's, production first."""
    found = [f"http://127.0.0.1:{port}/services" for port in ports]
    settings.CERTRA_ENDPOINTS = {"production": found[0], "acceptance": found[-1]}


@pytest.mark.django_db
def test_each_outcome_is_told_apart(client: Client, settings: pytest_django.Settings) -> None:
    closed = free_port()
    with serving(saying(ANSWER)) as well, serving(hanging) as hung, serving(breaking) as broken:
        configure(settings, well.port, hung.port)
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", broken.port
        settings.BOUNCE_IMAP_URL = f"imaps://user:password@127.0.0.1:{closed}/INBOX"
        for _ in range(3):
            call(well.port)
        call(hung.port, HURRIED)
        call(broken.port)
        call(closed)
        call(80, host="nobody.invalid")
        tally.write()
        here = {name: f"127.0.0.1:{port}" for name, port in
                (("well", well.port), ("hung", hung.port), ("broken", broken.port), ("closed", closed))}  # fmt: skip
    assert scraped(client, "ehportal_calls_total") == {
        (here["well"], "ok"): 3,
        (here["hung"], "timeout"): 1,
        (here["broken"], "broken"): 1,
        (here["closed"], "refused"): 1,
        ("other", "unreachable"): 1,
    }
    buckets = scraped(client, "ehportal_call_seconds_bucket")
    assert buckets[here["hung"], "0.1"] == 0, "it was waited for"
    assert buckets[here["hung"], "+Inf"] == 1
    assert scraped(client, "ehportal_call_seconds_count")[(here["well"],)] == 3
    assert scraped(client, "ehportal_call_seconds_sum")[(here["hung"],)] > 0.1
    assert "nobody.invalid" not in client.get("/metrics").content.decode()


@pytest.mark.django_db
def test_what_a_circuit_keeps_back_is_counted_and_took_no_time(
    client: Client, settings: pytest_django.Settings
) -> None:
    settings.CIRCUIT_FAILURES, settings.CIRCUIT_REST = 1, 900
    keep_circuits(SharedCircuits())
    with serving(hanging) as hung:
        configure(settings, hung.port)
        for _ in range(4):
            call(hung.port, HURRIED)
    tally.write()
    host = f"127.0.0.1:{hung.port}"
    assert scraped(client, "ehportal_calls_total") == {(host, "timeout"): 1, (host, "circuit_open"): 3}
    assert scraped(client, "ehportal_call_seconds_count") == {(host,): 1}


@pytest.mark.django_db
def test_what_could_not_be_written_is_written_the_next_time(
    client: Client, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError

    with serving(saying(ANSWER)) as well:
        configure(settings, well.port)
        call(well.port)
        with monkeypatch.context() as broken:
            broken.setattr(connection, "cursor", away)
            tally.write()
        call(well.port)
    tally.write()
    tally.write()
    assert list(scraped(client, "ehportal_calls_total").values()) == [2]


@pytest.mark.usefixtures("committing")
def test_every_process_adds_to_the_same_figures(client: Client) -> None:
    with serving(saying(ANSWER)) as well:
        address = f"http://127.0.0.1:{well.port}/services"
        environment = os.environ | {
            "CERTRA_PRODUCTION_URL": address,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(ANOTHER_PROCESS), address]
        started = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(2)]
        assert [one.wait(300) for one in started] == [0, 0]
    host = f"127.0.0.1:{well.port}"
    assert scraped(client, "ehportal_calls_total") == {(host, "ok"): 40}
    assert scraped(client, "ehportal_call_seconds_count") == {(host,): 40}
    assert CallTally.objects.count() <= 11, "a row for each bucket, however many calls"
