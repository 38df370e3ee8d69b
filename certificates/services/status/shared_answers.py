"""What authorities said, shared by all processes through PostgreSQL and kept on its clock.

Whatever goes wrong with the database here says nothing about a certificate: it is as if nothing were kept.
"""

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from certificates.models import Issuer, RevocationList, StatusAnswer
from certificates.trust.kept_answers import (
    LONGEST,
    Edition,
    Kept,
    KeptAnswers,
    Key,
    Sort,
    Validators,
    kept_answers,
)
from outside.deadline import Deadline, TimeIsUp
from outside.http import host_of

LOOK = 0.05
"""Seconds between two looks whether the other one has fetched."""
EARLIER = 300
"""Seconds by which a worker asks for a newer list before others would have to."""

log = structlog.get_logger(__name__)


class SharedAnswers:
    """Answers (`certificates.trust.kept_answers`) in PostgreSQL, their bytes also in `memory`. Outside transactions."""

    def __init__(self, memory: KeptAnswers = kept_answers) -> None:
        self._memory = memory

    def get(self, key: Key, now: datetime) -> bytes | None:
        """Return what is kept and need not be asked for, by the database's clock; note that it is used."""
        try:
            if key.sort is Sort.ANSWER:
                fresh = StatusAnswer.objects.filter(pk=key.digest, until__gt=Now())
                answer = fresh.values_list("content", flat=True).first()
                return None if answer is None else bytes(answer)
            rows = RevocationList.objects.filter(digest=key.digest, fresh_until__gt=Now())
            digest = rows.values_list("content_digest", flat=True).first()
            if digest is None:
                return None
            _note_use(key)
            return self._content(key, digest)
        except DatabaseError as error:
            _log(error)
            return None

    def known(self, key: Key) -> Kept | None:
        """Return the list that is kept, however long ago it was confirmed."""
        try:
            row = RevocationList.objects.filter(digest=key.digest).defer("content").first()
            content = self._content(key, row.content_digest) if row is not None else None
        except DatabaseError as error:
            _log(error)
            return None
        if row is None or content is None:
            return None
        edition = Edition(row.this_update, row.next_update, None if row.number is None else int(row.number))
        validators = Validators(row.etag, row.last_modified)
        return Kept(content, row.fresh_until, row.next_update, edition, validators)

    def keep(
        self,
        key: Key,
        content: bytes,
        *,
        ends: datetime,
        now: datetime,
        edition: Edition | None = None,
        validators: Validators = Validators(),  # noqa: B008  # frozen
    ) -> bytes:
        """Keep a verified answer for all, unless a newer one is kept; return the newer of both."""
        try:
            if key.sort is Sort.ANSWER:
                _keep_answer(key, content, ends)
            elif edition is not None and ends > now:
                return self._keep_list(key, content, edition, validators)
        except DatabaseError as error:
            _log(error)
        return content

    def confirm(self, key: Key, now: datetime) -> None:
        """Go by a list for another hour, or until it ends."""
        try:
            _confirm(key)
        except DatabaseError as error:
            _log(error)

    @contextmanager
    def only_one(self, address: str) -> Iterator[None]:
        """Wait until nobody else in the installation fetches from `address`, as long as a call may take at most.

        It is a lock of this session: it ends with its worker.
        """
        lock = int.from_bytes(
            hashlib.sha256(b"fetching " + address.encode()).digest()[:8], "big", signed=True
        )
        mine = _wait_for(lock)
        try:
            yield
        finally:
            if mine:
                with suppress(DatabaseError), connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])

    def _content(self, key: Key, digest: str) -> bytes | None:
        """Return a list's bytes: from this process where it has them."""
        here = self._memory.known(digest)
        if here is not None:
            return here.content
        rows = RevocationList.objects.filter(digest=key.digest, content_digest=digest)
        found = rows.values_list("content", flat=True).first()
        if found is None:  # replaced meanwhile: it is fetched anew, under its conditions
            return None
        return self._remember(digest, bytes(found))

    def _remember(self, digest: str, content: bytes) -> bytes:
        now = timezone.now()
        return self._memory.keep(digest, content, ends=now + LONGEST, now=now)

    def _keep_list(self, key: Key, content: bytes, edition: Edition, validators: Validators) -> bytes:
        [issuer] = Issuer.objects.keep([key.issuer])
        digest = hashlib.sha256(content).hexdigest()
        values: dict[str, uuid.UUID | str | bytes | int | datetime | None] = {
            "id": uuid.uuid4(),
            "digest": key.digest,
            "turn": uuid.uuid5(uuid.NAMESPACE_DNS, host_of(key.what)),
            "address": key.what,
            "issuer": issuer,
            "content": content,
            "content_digest": digest,
            "number": edition.number,
            "this_update": edition.begins,
            "next_update": edition.ends,
            "etag": validators.etag,
            "last_modified": validators.last_modified,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_KEEP, values)
            kept = cursor.rowcount == 1
            if kept:
                _confirm(key)
        if kept:
            return self._remember(digest, content)
        newer = self.known(key)
        return newer.content if newer is not None else content


_KEEP = """
    INSERT INTO certificates_revocationlist AS known
        (id, digest, turn, address, issuer_id, content, content_digest, number, this_update, next_update, etag,
         last_modified, fresh_until)
    VALUES (%(id)s, %(digest)s, %(turn)s, %(address)s, %(issuer)s, %(content)s, %(content_digest)s, %(number)s,
            %(this_update)s, %(next_update)s, %(etag)s, %(last_modified)s, clock_timestamp())
    ON CONFLICT (digest) DO UPDATE SET
        issuer_id = excluded.issuer_id, content = excluded.content, content_digest = excluded.content_digest,
        number = excluded.number, this_update = excluded.this_update, next_update = excluded.next_update,
        etag = excluded.etag, last_modified = excluded.last_modified,
        fetched_at = CASE WHEN known.content_digest = excluded.content_digest
                          THEN known.fetched_at ELSE clock_timestamp() END,
        warned_at = CASE WHEN known.content_digest = excluded.content_digest THEN known.warned_at END
        WHERE excluded.this_update >= known.this_update
            AND (excluded.number IS NULL OR known.number IS NULL OR excluded.number >= known.number)
"""
_CONFIRM = """
    UPDATE certificates_revocationlist SET
        fresh_until = least(next_update, clock_timestamp() + make_interval(secs => %(longest)s)),
        next_attempt_at = greatest(
            clock_timestamp() + interval '1 minute',
            least(next_update, clock_timestamp() + make_interval(secs => %(longest)s))
                - make_interval(secs => %(earlier)s))
    WHERE digest = %(digest)s
"""
_USE = """
    UPDATE certificates_revocationlist SET
        used_at = clock_timestamp(), next_attempt_at = coalesce(next_attempt_at, clock_timestamp())
    WHERE digest = %s AND used_at < clock_timestamp() - interval '1 hour'
"""


def _keep_answer(key: Key, content: bytes, ends: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO certificates_statusanswer AS known (digest, content, until)"
            " VALUES (%(digest)s, %(content)s,"
            "         least(%(ends)s, clock_timestamp() + make_interval(secs => %(longest)s)))"
            " ON CONFLICT (digest) DO UPDATE SET content = excluded.content, until = excluded.until"
            " WHERE excluded.until > known.until",
            {
                "digest": key.digest,
                "content": content,
                "ends": ends,
                "longest": LONGEST.total_seconds(),
            },
        )


def _confirm(key: Key) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _CONFIRM, {"digest": key.digest, "longest": LONGEST.total_seconds(), "earlier": EARLIER}
        )


def _note_use(key: Key) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_USE, [key.digest])


def _wait_for(lock: int) -> bool:
    """Take a lock; False when that took all the time that a call has, or the database is away."""
    deadline = Deadline(settings.REVOCATION_TIMEOUT)
    try:
        while True:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
                if cursor.fetchone()[0]:
                    return True
            time.sleep(min(LOOK, deadline.left()))
    except TimeIsUp:
        return False
    except DatabaseError as error:
        _log(error)
        return False


def _log(error: DatabaseError) -> None:
    log.warning("answers_not_shared", error=type(error).__name__)
