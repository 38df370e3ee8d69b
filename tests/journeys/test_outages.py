"""A campaign: certificates are asked for, signed and delivered while parts of the platform die, stop and slow down.

Nothing is lost, nothing is sent twice, every request ends right, and no page waits for an outage of what it does not
need. One round of each kind of trouble by default, a hundred at random with `--full`. It stands among the journeys,
whose running product it plays on.
"""

import base64
import os
import random
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from deploy.stack import redis
from deploy.stack.demo.journey import Browser, JourneyFailed
from organisations.domain.work import Lane
from tests.journeys.conftest import JOB, World, end_server, logs_of
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

    def say_it_is_away(self) -> None:
        """Open pages until one says that the database is away; none waits for it, none fails in another way."""
        found: list[int] = []

        def said() -> bool:
            answer = self.session.get(self.origin + "/certificates/", timeout=PATIENCE)
            found.append(answer.status_code)
            return answer.status_code == 503 and "Retry-After" in answer.headers

        until(said, f"a page that says so: {found[-5:]}")
        assert set(found) <= {200, 503}, found


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
            if process.stdout is not None:
                process.stdout.close()
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


def killed_database(world: World, pages: Pages) -> None:
    """PostgreSQL is gone at once, with all that it was doing; pages say so, and go on when it is back."""
    data = world.server
    if data is None:  # somebody else's server is not killed
        cut_off_database(world, pages)
        return
    end_server(data)
    _forget(world, "postgres")
    pages.say_it_is_away()
    world.stack.processes.adopt("postgres", start_again(data))


def start_again(data: Path) -> subprocess.Popen[bytes]:
    """Start the server of `data` as it was started before, once what is left of it has gone."""
    command, owner = shlex.split((data / "postmaster.opts").read_text()), data.stat()
    started: list[subprocess.Popen[bytes]] = []

    def starts() -> bool:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=owner.st_uid,
            group=owner.st_gid,
            cwd=data,
        )
        until(lambda: process.poll() is not None or _is_ready(data, process.pid), "an answer")
        started.append(process)
        return process.poll() is None

    until(starts, "the start of PostgreSQL")
    return started[-1]


def _is_ready(data: Path, pid: int) -> bool:
    """True when the server with this process says in its folder that it takes connections; one that was killed left
    its word there."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return lines[0] == str(pid) and lines[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


def killed_government(world: World, pages: Pages) -> None:
    """The authority, its OCSP responder and its lists refuse connections, and come back with what they knew."""
    _forget(world, "sandbox")
    pages.answer()
    world.stack.start_sandbox_again()


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
    killed_database,
    killed_government,
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
        restart_what_ended(world)
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
    restart_what_ended(world)
    return page


def restart_what_ended(world: World) -> None:
    """Start workers and beat that ended by themselves, as their units do (`Restart=always`): losing Redis at an odd
    moment ends a Celery worker."""
    running = world.stack.processes.running
    for name in world.stack.processes.dead():
        if name != "beat" and not name.startswith("worker-"):
            continue
        running[:] = [one for one in running if one[0] != name]
        if name == "beat":
            world.stack.start_beat()
        else:
            world.stack.start_worker(Lane(name.removeprefix("worker-")))


def sent(world: World, name: str) -> int:
    """How many copies of a submission the government received."""
    return sum(
        line["operation"] == "GenerateCertificate" and name in base64.b64decode(line["body"]).decode()
        for line in world.control("/control/received", method="GET")
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each round: one of each kind of trouble, or with `--full` a hundred at random."""
    if "round_" not in metafunc.fixturenames:
        return
    rounds = [(kind, STEPS[number * 2 % 3]) for number, kind in enumerate(TROUBLES)]
    if metafunc.config.getoption("--full"):
        chance = random.Random(20261129)  # noqa: S311  # the same rounds at every run
        rounds = [(chance.choice(TROUBLES), chance.choice(STEPS)) for _ in range(ROUNDS)]
    named = [f"{number}-{kind.__name__}-{at}" for number, (kind, at) in enumerate(rounds)]
    metafunc.parametrize("round_", [(number, *one) for number, one in enumerate(rounds)], ids=named)


def test_a_request_ends_right_whatever_falls_away(
    world: World, round_: tuple[int, Callable[[World, Pages], None], str]
) -> None:
    number, kind, at = round_
    name = f"OUTAGE-{number}"
    try:
        page = play(world, name, kind, at)
    except BaseException:
        print(*logs_of(world)[-60_000:].splitlines()[-150:], sep="\n")
        raise
    assert sent(world, name) == 1
    assert world.state_of(page) == "completed"
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
