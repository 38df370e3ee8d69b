"""A rival that makes PostgreSQL give up the other's transaction: each holds what the other wants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from django.db import connection

from tests.support.effort import PATIENCE, until

FIRST = "SELECT 1 FROM organisations_person WHERE id = %s FOR UPDATE"
SECOND = "SELECT 1 FROM organisations_mandate WHERE id = %s FOR UPDATE"


class Rival:
    """Another transaction, which holds a mandate and wants the person who is locked by whom it meets.

    It is patient for an hour, so that PostgreSQL gives up the one it meets (deadlock_timeout, which only a superuser
    sets). It meets one transaction and then ends.
    """

    def __init__(self, rows: psycopg.Connection, person: UUID, mandate: UUID) -> None:
        self.met = 0
        self._rows, self._person, self._mandate = rows, person, mandate
        rows.execute("SET deadlock_timeout = '1h'")
        rows.execute(SECOND, [mandate])

    def meet(self) -> None:
        """Lock the person, let the rival wait for it, and want the mandate: raises OperationalError, the first time."""
        self.met += 1
        if self.met > 1:
            return
        with connection.cursor() as cursor:
            cursor.execute(FIRST, [self._person])
            waiting = threading.Thread(target=self._want)
            waiting.start()
            waits = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"

            def is_waiting() -> bool:
                cursor.execute(waits, [self._rows.info.backend_pid])
                return bool(cursor.fetchone()[0])

            until(is_waiting, "the rival")
            self._waiting = waiting
            cursor.execute(SECOND, [self._mandate])

    def _want(self) -> None:
        self._rows.execute(FIRST, [self._person])
        self._rows.rollback()

    def end(self) -> None:
        """Wait until it has what it wanted."""
        self._waiting.join(timeout=PATIENCE)
        assert not self._waiting.is_alive()


@contextmanager
def rival(admin_url: str, owner_url: str, person: UUID, mandate: UUID) -> Iterator[Rival]:
    """Have a rival as a superuser, whom no policy binds."""
    address = urlsplit(admin_url)._replace(path=urlsplit(owner_url).path).geturl()
    with psycopg.connect(address) as rows:
        made = Rival(rows, person, mandate)
        yield made
        made.end()
