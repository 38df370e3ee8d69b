"""Three nodes work, two of them with a beat of their own; one is lost in the middle. Everything is done, and once."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from subprocess import Popen
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from redis import Redis

from organisations.domain.work import Lane
from tests.journeys.conftest import World
from tests.journeys.test_outages import again, ask, sent, sign
from tests.support.effort import PATIENCE, until

LANES = (Lane.ASKED, Lane.SUBMISSIONS)
"""What the nodes beside the first work at; the first does all lanes."""
NAMES = tuple(f"NODE-{number}" for number in range(4))

Node = list[tuple[str, "Popen[bytes]"]]


@pytest.fixture
def nodes(world: World) -> Iterator[list[Node]]:
    """The node that runs anyhow, and two more; afterwards one like the first runs again."""
    running = world.stack.processes.running
    first = [one for one in running if one[0] == "beat" or one[0].startswith("worker-")]
    made = [first]
    for beat in (True, False):
        before = list(running)
        for lane in LANES:
            world.stack.start_worker(lane)
        if beat:
            world.stack.start_beat()
        made.append([one for one in running if one not in before])
    yield made
    for node in made:
        lose(world, node)
    world.stack.start_workers()
    world.stack.start_beat()


def lose(world: World, node: Node) -> None:
    """End the processes of a node as a power cut does."""
    for _name, process in node:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    running = world.stack.processes.running
    running[:] = [one for one in running if one not in node]


def completed(world: World, page: str) -> bool:
    return world.state_of(page) == "completed"


def test_everything_is_done_once_when_a_node_is_lost(world: World, nodes: list[Node]) -> None:
    redis, waiting = Redis(port=urlsplit(world.stack.redis_url).port or 0), []
    pages = {name: ask(world.administrator, name) for name in NAMES}
    for number, page in enumerate(pages.values()):
        job = again(partial(world.job_of, page))
        sign(world, job)
        if number == 0:
            world.control("/control/issuance", {"mode": "automatic", "delay_seconds": 3})
        if number == 1:
            lose(world, nodes[0])
        waiting.append(max(int(redis.llen(lane)) for lane in LANES))
    for name, page in pages.items():
        until(partial(completed, world, page), f"the end of {name}")
        assert sent(world, name) == 1, name
    assert max(waiting) <= 1, "two beats wake a lane, and still a wake-up stands in it once"
    with psycopg.connect(world.stack.urls.owner) as connection:
        left = connection.execute(
            "SELECT count(*) FROM certificates_certificaterequest WHERE parked_at IS NOT NULL OR failure IS NOT NULL"
        ).fetchone()
    assert left == (0,)
    assert requests.get(f"{world.stack.origin}/readyz", timeout=PATIENCE).ok
