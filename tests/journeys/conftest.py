"""The whole product running: web, worker, beat, Redis, PostgreSQL, sandbox; two hospitals and their workstations."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from playwright.sync_api import Page, expect

from deploy.stack.demo.accounts import MAASDAL, TILLEULS, Account, DemoHospital, with_secrets
from deploy.stack.demo.cards import Workstation, make_workstation
from deploy.stack.demo.journey import Browser, Terminal, totp_code, wait_for
from deploy.stack.stack import Stack
from tests.environment import ROOT
from tests.support.effort import PATIENCE
from tests.support.mail_sink import MailSink

PIN = "739154"
"""Distinctive, so that it can be looked for in logs and database."""
PASSWORD = "grendel-zwaluw 4417 turfsteker"
JOB = r"ehportal://run/([A-Za-z0-9_-]{22})"


@dataclass
class World:
    """Everything a journey needs."""

    stack: Stack
    accounts: dict[str, Account]
    stations: dict[str, Workstation]
    mail: MailSink
    server: Path | None
    """The data of a PostgreSQL server that is the journeys' own to kill; None where another was named."""
    _browsers: dict[str, Browser]

    def browser(self, email: str) -> Browser:
        """Somebody signed in; once a session, because a TOTP code serves once."""
        if email not in self._browsers:
            browser = Browser(self.stack.origin)
            browser.sign_in(self.accounts[email])
            self._browsers[email] = browser
        return self._browsers[email]

    @property
    def administrator(self) -> Browser:
        return self.browser("els.wouters@maasdal.example")

    @property
    def holder(self) -> Browser:
        return self.browser("an.peeters@maasdal.example")

    def terminal(self, surname: str = "peeters", **kind: Any) -> Terminal:
        values: dict[str, Any] = {"pin": PIN, "password": PASSWORD, "environment": dict(os.environ)}
        return Terminal(self.stations[surname].command, **(values | kind))

    def job_of(self, page: str, browser: Browser | None = None) -> str:
        """Wait until the holder's page offers the job of a request."""
        return wait_for(browser or self.holder, page.replace("/requests/", "/sign/"), JOB)

    def control(self, path: str, value: object = None, method: str = "POST") -> Any:
        answer = requests.request(method, self.stack.sandbox.control + path, json=value, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def state_of(self, page: str) -> str:
        """The state of a request, from the database (as its owner)."""
        with psycopg.connect(self.stack.urls.owner) as connection:
            row = connection.execute(
                "SELECT state FROM certificates_certificaterequest WHERE id = %s", [page.split("/")[2]]
            ).fetchone()
        assert row is not None
        return str(row[0])


expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def own_server() -> Iterator[Path | None]:
    """The folder of a PostgreSQL server of the journeys' own; None where TEST_DATABASE_URL names one."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield None
        return
    # Not below pytest's own folders, which the account that PostgreSQL runs as may not enter.
    data = Path(ROOT) / ".demo" / f"journeys-postgres-{os.getpid()}"
    try:
        yield data
    finally:
        end_server(data)
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def admin_url(own_server: Path | None) -> str:
    """Address of a PostgreSQL superuser for the journeys."""
    from deploy.stack import postgres

    return os.environ["TEST_DATABASE_URL"] if own_server is None else postgres.start_embedded(own_server)


def end_server(data: Path) -> None:
    """End the PostgreSQL server of a data folder at once, whoever started it."""
    try:
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return


@pytest.fixture(scope="session")
def world(
    admin_url: str, own_server: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("journey")
    lines: list[str] = []
    mail = MailSink()
    mail.start()
    stack = Stack(
        folder,
        lines.append,
        database=f"ehportal_journey_{os.getpid()}",
        admin_url=admin_url,
        own_redis=True,
        # Short waits, so that what takes minutes in the field takes seconds here.
        extra_environment={
            "CERTRA_READ_TIMEOUT": "25",
            "CERTRA_DEADLINE": "25",
            "REVOCATION_DEADLINE": "10",
            "WORK_LEASE": "46",
            "CERTRA_SUBMISSION_GRACE": "48",
            "CERTRA_POLL_FIRST": "1",
            "MAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        },
    )
    try:
        stack.start()
        command = [sys.executable, "-m", "deploy.stack.demo.data", str(folder), stack.sandbox.control]
        stack.run(command, os.environ | stack.processes.environment)

        def station(hospital: DemoHospital) -> Workstation:
            place = folder / "workstations" / hospital.surname.lower()
            return make_workstation(place, hospital, folder / "sandbox", "en", pin=PIN)

        stations = {hospital.surname.lower(): station(hospital) for hospital in (MAASDAL, TILLEULS)}
        world = World(stack, with_secrets(folder / "accounts.json"), stations, mail, own_server, {})
        for terminal in (world.terminal("peeters"), world.terminal("dubois")):
            status, seen = terminal.run("enrol", stack.origin)
            assert status == 0, seen
        yield world
    finally:
        stack.stop()
        mail.stop()
        if own_server is None:
            with psycopg.connect(admin_url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {stack.database} WITH (FORCE)")


@pytest.fixture(autouse=True)
def calm(world: World) -> Iterator[None]:
    """Put the government's switches back after each journey."""
    yield
    world.control("/control/faults", method="DELETE")
    world.control("/control/issuance", {"mode": "automatic", "delay_seconds": 1})


def give_code(page: Page, secret: str) -> None:
    """Type the code of this moment; the next one where it was over, or used, when it was read."""
    before = page.url
    for _attempt in range(3):
        page.locator("input[name=code]").fill(totp_code(secret))
        with page.expect_navigation():
            page.locator("input[name=code]").press("Enter")
        if page.url != before:
            return
        time.sleep(30 - time.time() % 30 + 0.5)
    raise AssertionError(f"still at {page.url}")


def status_of(world: World, fingerprint: str, *, seconds: float = PATIENCE) -> str:
    """The revocation status of a certificate, once the worker has asked for it."""
    deadline = time.monotonic() + seconds
    while True:
        with psycopg.connect(world.stack.urls.owner) as connection:
            row = connection.execute(
                "SELECT revocation_status FROM certificates_certificate WHERE fingerprint = %s", [fingerprint]
            ).fetchone()
        if row is not None and (row[0] != "unknown" or time.monotonic() > deadline):
            return str(row[0])
        time.sleep(0.2)


def logs_of(world: World) -> str:
    """Everything that was logged so far."""
    folder: Path = world.stack.processes.logs
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.log")))


def rows_of(world: World, admin_url: str) -> str:
    """Every row of every table as text, read past row-level security; bytea stands as hex."""
    from deploy.stack.postgres import with_role

    url = with_role(admin_url, "postgres", "", world.stack.database)
    dump: list[str] = []
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f"SELECT row_to_json(t)::text FROM {table} t").fetchall()  # noqa: S608  # names come from the catalogue
            dump += [str(row[0]) for row in rows]
    return json.dumps(dump)
