"""Waking the workers of a lane. A wake-up says nothing but "look": it may be lost, and one that stands is enough.

Redis may be gone or hang: nobody waits for it longer than a moment, and a beat wakes every lane anew within seconds.
"""

import threading
import time

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from organisations.domain.work import Lane

log = structlog.get_logger(__name__)

TASK = "work.lane"
LAPSES = 60
"""Seconds after which a wake-up is void: the beat has sent another by then."""
SENDING = 2_000
"""Milliseconds for which one who sends keeps others from sending too; longer than it takes."""
PATIENCE = 0.5
"""Seconds to wait for Redis."""
SILENCE = 5.0
"""Seconds for which nobody asks a Redis that did not answer."""


class _Bell:
    """This process's way to Redis, and whether it answered last time."""

    def __init__(self) -> None:
        self._redis: Redis | None = None
        self._silent_until = 0.0
        self._lock = threading.Lock()

    def redis(self) -> Redis:
        with self._lock:
            if self._redis is None:
                # Tried once: whoever waits for a page must not wait for Redis to come back.
                self._redis = Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=PATIENCE,
                    socket_connect_timeout=PATIENCE,
                    retry=Retry(NoBackoff(), 0),
                )
            return self._redis

    def is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def did_not_answer(self) -> None:
        self._silent_until = time.monotonic() + SILENCE

    def forget(self) -> None:
        """Begin anew, as where another Redis is configured."""
        with self._lock:
            self._redis, self._silent_until = None, 0.0


bell = _Bell()


def wake(lane: Lane) -> bool:
    """Have a worker look at `lane`, unless a wake-up stands there already; return whether one was sent.

    What was committed before is seen: whoever takes the standing wake-up looks after this call began.
    """
    if bell.is_silent():
        return False
    sending = f"ehportal:sending:{lane}"
    try:
        redis = bell.redis()
        if redis.llen(lane) or not redis.set(sending, "1", nx=True, px=SENDING):
            return False
        try:
            if redis.llen(lane):
                return False
            # A connection of its own: it is quickly made, and one that hung is not used again.
            with current_app.connection_for_write(settings.REDIS_URL) as connection:
                current_app.send_task(
                    TASK, (lane.value,), connection=connection, queue=lane.value, expires=LAPSES, retry=False
                )
        finally:
            redis.delete(sending)
    except (RedisError, OperationalError) as error:
        bell.did_not_answer()
        log.warning("wake_lost", lane=lane.value, error=type(error).__name__)
        return False
    return True


def wake_on_commit(lane: Lane) -> None:
    """Have a worker look at `lane` after the current transaction commits; at once where there is none."""
    transaction.on_commit(lambda: wake(lane))
