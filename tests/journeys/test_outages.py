"""A campaign: certificates are asked for, signed and delivered while parts of the platform die, stop and slow down.

Nothing is lost, nothing is sent twice, every request ends right, and no page waits for an outage of what it does not
need. One round of each kind of trouble by default, a hundred at random with `--full`. It stands among the journeys,
whose running product it plays on.
"""

import base64
import os
import random
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from deploy.stack import redis
from deploy.stack.demo.journey import Browser, JourneyFailed
from organisations.domain.work import Lane
from tests.journeys.conftest import JOB, World, logs_of
from tests.support.effort import PATIENCE, until

ROUNDS = 100
STEPS = ("asking", "contract", "signing", "delivery")


class Pages:
    """A second window of the administrator's, in which pages are opened while something is away."""

    def __init__(self, world: World) -> None:
        self.origin = world.stack.origin
        self.session = requests.Session()
        self.session.cookies.update(world.administrator.session.cookies)

    def answer(self, times: int = 3) -> None:
        """Open pages; each must come while the trouble lasts, since the trouble ends only after them."""
        for path in ("/", "/certificates/", "/requests/")[:times]:
            assert self.session.get(self.origin + path, timeout=PATIENCE).status_code == 200, path


def _processes(world: World, name: str) -> list[int]:
    return [process.pid for known, process in world.stack.processes.running if known == name]


@contextmanager
def _stopped(pids: list[int]) -> Iterator[None]:
    """Stop whole process groups as SIGSTOP does, and let them go on."""
    for pid in pids:
        os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.killpg(pid, signal.SIGCONT)


def _forget(world: World, name: str) -> None:
    running = world.stack.processes.running
    for known, process in running:
        if known == name:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    running[:] = [(known, process) for known, process in running if known != name]


def killed_workers(world: World, pages: Pages) -> None:
    for lane in (Lane.ASKED, Lane.SUBMISSIONS):
        _forget(world, f"worker-{lane}")
    pages.answer()
    for lane in (Lane.ASKED, Lane.SUBMISSIONS):
        world.stack.start_worker(lane)


def stopped_workers(world: World, pages: Pages) -> None:
    with _stopped([pid for lane in Lane for pid in _processes(world, f"worker-{lane}")]):
        pages.answer()


def killed_redis(world: World, pages: Pages) -> None:
    port = urlsplit(world.stack.redis_url).port or 0
    _forget(world, "redis")
    pages.answer()
    process, _address = redis.start(world.stack.folder / "redis", port=port)
    world.stack.processes.adopt("redis", process)


def stopped_redis(world: World, pages: Pages) -> None:
    with _stopped(_processes(world, "redis")):
        pages.answer()


def stopped_government(world: World, pages: Pages) -> None:
    """The authority, its OCSP responder and its lists take connections, and say nothing."""
    with _stopped(_processes(world, "sandbox")):
        pages.answer()


def slow_government(world: World, pages: Pages) -> None:
    for operation in ("GenerateContract", "GenerateCertificate", "GetCertificate"):
        world.control("/control/faults", {"kind": "slow:3", "operation": operation, "times": 1})
    pages.answer()


def cut_off_database(world: World, pages: Pages) -> None:
    """Every connection to PostgreSQL ends in the middle of whatever it does."""
    with psycopg.connect(world.stack.urls.web, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
        )


def killed_beat(world: World, pages: Pages) -> None:
    _forget(world, "beat")
    pages.answer(1)
    world.stack.start_beat()


TROUBLES: tuple[Callable[[World, Pages], None], ...] = (
    killed_workers,
    stopped_workers,
    killed_redis,
    stopped_redis,
    stopped_government,
    slow_government,
    cut_off_database,
    killed_beat,
)


BESIDE = ThreadPoolExecutor(max_workers=1)
"""One thread for as long as this process lives: a process that it starts ends with it."""


@contextmanager
def trouble(world: World, kind: Callable[[World, Pages], None], pages: Pages) -> Iterator[None]:
    """Have the trouble happen beside the body; what went wrong in it fails the test."""
    happening = BESIDE.submit(kind, world, pages)
    try:
        yield
    finally:
        wait([happening])
    happening.result()


def again(work: Callable[[], Any]) -> Any:
    """Do what a person does when a page or the agent was interrupted: once more."""
    found: list[Any] = []

    def tried() -> bool:
        try:
            found.append(work())
        except (JourneyFailed, requests.RequestException):
            return False
        return True

    until(tried, "an answer")
    return found[0]


def ask(browser: Browser, name: str) -> str:
    """Ask for a certificate; when the answer was lost, look for the request that was made."""

    def once() -> str:
        listed = browser.get("/requests/")
        if name in listed:
            for path in dict.fromkeys(one for one in listed.split('"') if one.startswith("/requests/")):
                if path.count("/") == 3 and "new" not in path and name in browser.get(path):
                    return path
        return browser.ask_certificate(name)

    return str(again(once))


def sign(world: World, job: str) -> None:
    """Run the agent until the key store is there; interrupted, it is run again."""
    shown: list[str] = []

    def once() -> bool:
        status, seen = world.terminal().run("run", job, timeout=PATIENCE)
        shown.append(seen)
        return status == 0

    until(once, f"the end of the sitting: {shown[-1:]}")


def play(world: World, name: str, kind: Callable[[World, Pages], None], at: str) -> str:
    """One request from wish to key store, with one trouble at one of its steps; returns its page."""
    pages = Pages(world)

    @contextmanager
    def step(here: str) -> Iterator[None]:
        if here != at:
            yield
            return
        with trouble(world, kind, pages):
            yield

    with step("asking"):
        page = ask(world.administrator, name)
    with step("contract"):
        job = again(lambda: world.job_of(page))
    with step("signing"):
        sign(world, job)
    with step("delivery"):
        until(lambda: world.state_of(page) == "completed", f"the end of {name}")
    return page


def sent(world: World, name: str) -> int:
    """How many copies of a submission the government received."""
    return sum(
        line["operation"] == "GenerateCertificate" and name in base64.b64decode(line["body"]).decode()
        for line in world.control("/control/received", method="GET")
    )


def _rounds(full: bool) -> list[tuple[Callable[[World, Pages], None], str]]:
    if not full:
        return [
            (kind, STEPS[(number * 2 + turn) % 3])
            for number, kind in enumerate(TROUBLES)
            for turn in range(1)
        ]
    chance = random.Random(20261129)  # noqa: S311  # the same rounds at every run
    return [(chance.choice(TROUBLES), chance.choice(STEPS)) for _ in range(ROUNDS)]


def test_every_request_ends_right_whatever_falls_away(world: World, full: bool) -> None:
    rounds = _rounds(full)
    made = {}
    for number, (kind, at) in enumerate(rounds):
        name = f"OUTAGE-{number}"
        try:
            made[name] = (play(world, name, kind, at), kind.__name__, at)
        except BaseException:
            print(name, kind.__name__, at, *logs_of(world)[-60_000:].splitlines()[-150:], sep="\n")
            raise
    for name, (page, *how) in made.items():
        assert world.state_of(page) == "completed", (name, how)
        assert sent(world, name) == 1, (name, how)
    with psycopg.connect(world.stack.urls.owner) as connection:
        parked = connection.execute(
            "SELECT id, failure FROM certificates_certificaterequest WHERE parked_at IS NOT NULL"
        ).fetchall()
    assert parked == []


@pytest.mark.parametrize("kind", [stopped_redis, killed_redis])
def test_a_page_that_wakes_a_worker_does_not_wait_for_redis(
    world: World, kind: Callable[[World, Pages], None]
) -> None:
    """Asking for a certificate wakes a lane: the page comes while Redis is away, since it comes back only after it."""
    asked: list[str] = []

    class Asking(Pages):
        def answer(self, times: int = 3) -> None:
            asked.append(
                world.administrator.ask_certificate(f"WITHOUT-{kind.__name__}".replace("_", "-").upper()[:30])
            )

    BESIDE.submit(kind, world, Asking(world)).result()
    assert len(asked) == 1
    assert world.job_of(asked[0]), JOB
