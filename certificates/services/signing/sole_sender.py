"""Who may send: one worker at a time, and only while enough of its time is left.

Two things keep a second copy from being in flight. A worker that was stopped or slow counts what passed since it moved
the row to SUBMITTING, on a clock that nobody sets, and lets nothing leave once a whole call no longer ends within the
grace. And for as long as it lives it holds a lock of PostgreSQL (of its session, of no transaction): while somebody
holds it, no word of the authority that it never got this counts, since it may still come.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection

from certificates.certra.errors import Transient
from certificates.models import SentWork
from outside.deadline import elapsed, within

SENDING_SPARE = 10.0
"""Seconds of the grace that must be left when a call has taken all that it may."""


@contextmanager
def sole_sender(work: SentWork) -> Iterator[bool]:
    """Hold the right to send `work` during the block; gives False when another worker has it. Outside transactions."""
    mine = _take(work)
    try:
        yield mine
    finally:
        if mine:
            with suppress(DatabaseError):  # it ended with the connection
                _give_back(work)


def is_being_sent(work: SentWork) -> bool:
    """Return whether another worker that may still send `work` is alive."""
    if not _take(work):
        return True
    _give_back(work)
    return False


@contextmanager
def enough_time(began: float) -> Iterator[None]:
    """Give the calls of the block what is left of the grace that began at `began` (`elapsed`).

    Raises Transient, with nothing done, when that is less than a whole call may take.
    """
    left = settings.CERTRA_SUBMISSION_GRACE - SENDING_SPARE - (elapsed() - began)
    if left < settings.CERTRA_DEADLINE:
        raise Transient(summary="too late to send")
    with within(left):
        yield


def database_now() -> datetime:
    """Return what time it is by the database's clock, which all workers share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def _key(work: SentWork) -> int:
    digest = hashlib.sha256(b"sending " + work.pk.bytes).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _take(work: SentWork) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(work)])
        return bool(cursor.fetchone()[0])


def _give_back(work: SentWork) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(work)])
