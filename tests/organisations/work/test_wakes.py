"""Wake-ups over a real Redis: one stands, never two; a Redis that is gone or hangs keeps nobody waiting."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from pytest_django import Settings
from redis import Redis

from deploy.stack import redis as redis_server
from deploy.stack.ports import free_port
from organisations.domain.work import Lane
from organisations.services.work import wakes
from organisations.services.work.wakes import bell, wake
from tests.certificates.requests.test_at_once import at_once
from tests.support.effort import PATIENCE


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[tuple[int, str]]:
    """A Redis of this test's: its process and address."""
    process, address = redis_server.start(tmp_path)
    settings.REDIS_URL = address
    bell.forget()
    yield process.pid, address
    os.kill(process.pid, signal.SIGCONT)
    process.kill()
    process.wait()
    bell.forget()


@pytest.fixture
def queue(server: tuple[int, str]) -> Iterator[Redis]:
    with Redis.from_url(server[1]) as client:
        yield client


def test_one_wake_up_stands_and_never_two(queue: Redis) -> None:
    """Twelve hours without workers, a beat every two seconds, and nudges in between."""
    assert wake(Lane.STATUS)
    for _ in range(100):
        assert not wake(Lane.STATUS)
    assert queue.llen(Lane.STATUS) == 1
    assert wake(Lane.ASKED), "each lane has its own"
    queue.delete(Lane.STATUS)
    assert wake(Lane.STATUS), "the one that stood was taken"


def test_many_at_once_send_one(queue: Redis) -> None:
    sent: list[object] = []
    at_once(16, sent, lambda: wake(Lane.NOTICES))
    assert sent.count(True) == 1, sent
    assert queue.llen(Lane.NOTICES) == 1


def test_a_wake_up_lapses_and_names_its_lane(queue: Redis) -> None:
    wake(Lane.IMPORTS)
    message = queue.lindex(Lane.IMPORTS, 0)
    assert isinstance(message, bytes)
    assert b'"expires": "20' in message
    with current_app.connection_for_write(queue_address(queue)) as connection:
        received = connection.SimpleQueue(Lane.IMPORTS.value).get(timeout=PATIENCE)
        assert received.headers["task"] == wakes.TASK
        assert received.payload[0] == ["imports"]


def test_a_redis_that_hangs_is_asked_once(server: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one waits a moment; for some seconds after that nobody asks at all."""
    asked: list[object] = []
    ask = Redis.llen
    monkeypatch.setattr(Redis, "llen", lambda *args: asked.append(args) or ask(*args))  # type: ignore[func-returns-value]
    os.kill(server[0], signal.SIGSTOP)
    assert [wake(Lane.ASKED) for _ in range(50)] == [False] * 50
    assert len(asked) == 1
    os.kill(server[0], signal.SIGCONT)
    bell.forget()
    assert wake(Lane.ASKED)


def test_a_redis_that_is_gone_is_only_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    bell.forget()
    assert not wake(Lane.ASKED)
    assert "wake_lost" in caplog.text
    bell.forget()


def queue_address(queue: Redis) -> str:
    kept = queue.connection_pool.connection_kwargs
    return f"redis://{kept['host']}:{kept['port']}/0"
