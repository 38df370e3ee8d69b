"""Status answers of authorities that this process keeps for a while: verified before they are kept, and bounded.

One list speaks of all certificates of its issuer, and what is said of an authority concerns everything below it: it is
fetched once and judged for each. A signed answer is good until its nextUpdate; we keep it an hour at most, so that what
was revoked meanwhile is heard of soon.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

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


@dataclass(frozen=True)
class _Kept:
    content: bytes
    until: datetime


class KeptAnswers:
    """Answers (DER) by address and issuer; the one that was used longest ago makes place."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, now: datetime) -> bytes | None:
        """Return what was kept and is still current."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if found.until <= now:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return found.content

    def keep(self, key: Hashable, content: bytes, *, ends: datetime, now: datetime) -> None:
        """Keep a verified answer until it ends, for an hour at most; one larger than a quarter of the room is not."""
        if ends <= now or len(content) > self._most // 4:
            return
        with self._lock:
            if key in self._kept:
                self._drop(key)
            self._kept[key] = _Kept(content, min(ends, now + LONGEST))
            self._size += len(content)
            while self._size > self._most:
                self._drop(next(iter(self._kept)))

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _drop(self, key: Hashable) -> None:
        self._size -= len(self._kept.pop(key).content)


kept_answers = KeptAnswers()
"""This process's."""
