"""Status answers of authorities that are kept for a while: verified before they are kept, and bounded.

One list speaks of all certificates of its issuer, and what is said of an authority concerns everything below it: it is
fetched once and judged for each. A signed answer is good until its nextUpdate; we go by it for an hour at most without
asking whether there is a newer one, so that what was revoked meanwhile is heard of soon. A newer list takes the place
of an older one, never the reverse: whoever answers from an old copy takes no revocation back.

An installation shares what its processes keep (services/status/shared_answers.py); without that each has its own.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Protocol

LONGEST = timedelta(hours=1)
MOST_BYTES = 64 * 1024 * 1024
"""What all kept answers of a process may take together."""


class Sharing(IntEnum):
    """Which kept answers may serve a judgement."""

    NOTHING = 0
    ABOVE = 1
    """About the authorities: the certificate itself is asked about anew."""
    LISTS = 2
    """Also the list on which the certificate itself would stand."""


class Sort(StrEnum):
    """What is kept."""

    LIST = "list"
    """A revocation list."""
    ANSWER = "answer"
    """An answer of OCSP."""


@dataclass(frozen=True)
class Key:
    """What is kept of whom: a list by its address, an answer by the certificate (SHA-256, hex) that it is about."""

    sort: Sort
    what: str
    issuer_key: bytes
    """SHA-256 of the issuer's public key: one authority may have several certificates of one key."""
    issuer: bytes = field(compare=False, repr=False)
    """The issuer's certificate (DER)."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that tells it from others, hex."""
        return hashlib.sha256(
            b"\0".join((self.sort.encode(), self.issuer_key.hex().encode(), self.what.encode()))
        ).hexdigest()


@dataclass(frozen=True)
class Edition:
    """Which one of several: when it was issued, when the next one is due, and its number where it has one."""

    begins: datetime
    ends: datetime
    number: int | None = None

    def is_older_than(self, other: "Edition") -> bool:
        """True for an earlier or lower one than `other`."""
        if self.begins < other.begins:
            return True
        return self.number is not None and other.number is not None and self.number < other.number


@dataclass(frozen=True)
class Validators:
    """By what a server knows again what it gave (RFC 9110 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Kept:
    """One kept answer (DER), until when nobody need ask for a newer one, and what it says of itself."""

    content: bytes
    until: datetime
    ends: datetime
    edition: Edition | None = None
    validators: Validators = Validators()


class Answers(Protocol):
    """Where answers are kept. `now` is the caller's clock; who shares goes by one that all share."""

    def get(self, key: Key, now: datetime) -> bytes | None:
        """Return what is kept and need not be asked for."""

    def known(self, key: Key) -> Kept | None:
        """Return what is kept, also where it should be asked whether there is a newer one."""

    def keep(
        self,
        key: Key,
        content: bytes,
        *,
        ends: datetime,
        now: datetime,
        edition: Edition | None = None,
        validators: Validators = Validators(),
    ) -> bytes:
        """Keep a verified answer until it ends, unless a newer one is kept; return the newer of both."""

    def confirm(self, key: Key, now: datetime) -> None:
        """Note that there is no newer one now."""

    def only_one(self, address: str) -> AbstractContextManager[object]:
        """Wait in front of the block until nobody else fetches from `address`, within the deadline of the caller."""


class KeptAnswers:
    """Answers of this process; the one that was used longest ago makes place."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, now: datetime) -> bytes | None:
        """Return what was kept and is still current."""
        found = self.known(key)
        return found.content if found is not None and found.until > now else None

    def known(self, key: Hashable) -> Kept | None:
        """Return what was kept, current or not."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(
        self,
        key: Hashable,
        content: bytes,
        *,
        ends: datetime,
        now: datetime,
        edition: Edition | None = None,
        validators: Validators = Validators(),  # frozen
    ) -> bytes:
        """Keep a verified answer until it ends, for an hour at most; one larger than a quarter of the room is not.

        Returns the newer one where that is kept.
        """
        if ends <= now:
            return content
        with self._lock:
            before = self._kept.get(key)
            if before is not None and edition and before.edition and edition.is_older_than(before.edition):
                return before.content
            if len(content) > self._most // 4:
                return content
            if before is not None:
                self._drop(key)
            self._kept[key] = Kept(content, min(ends, now + LONGEST), ends, edition, validators)
            self._size += len(content)
            while self._size > self._most:
                self._drop(next(iter(self._kept)))
        return content

    def confirm(self, key: Hashable, now: datetime) -> None:
        """Go by what was kept for another hour, or until it ends."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept[key] = replace(found, until=min(found.ends, now + LONGEST))

    @contextmanager
    def only_one(self, address: str) -> Iterator[None]:
        """Let everybody through: the threads of one process that ask at once are few."""
        yield

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _drop(self, key: Hashable) -> None:
        self._size -= len(self._kept.pop(key).content)


kept_answers = KeptAnswers()
"""This process's."""
_used: list[Answers] = [kept_answers]


def answers() -> Answers:
    """Return where answers are kept."""
    return _used[0]


def share_answers(shared: Answers) -> Answers:
    """Keep answers in `shared` from now on; return where they were kept before."""
    before, _used[0] = _used[0], shared
    return before
