"""Moving the issuers that stand in each certificate's row, as the release before wrote them, to where each stands once.

`chain` is left as it is: the release before may still be reading it, and the release after drops it.
"""

import time
from datetime import datetime

import structlog
from django.db import connection

AT_ONCE = 1000
"""Rows that one statement locks: for some hundredths of a second."""
SLICE = 60.0
"""Seconds after which the rest waits for the next time: other chores want their turn."""

log = structlog.get_logger(__name__)


def share_issuers(now: datetime) -> int:
    """Share the issuers of certificates whose chain leads to an anchor; return of how many. Outside transactions.

    Every statement stands for itself: whatever stops it, the next one goes on where it was.
    """
    until = time.monotonic() + SLICE
    total = 0
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT ehportal_share_issuers(%s)", [AT_ONCE])
            moved = int(cursor.fetchone()[0])
            total += moved
            if moved < AT_ONCE:
                break
    if total:
        log.info("issuers_shared", certificates=total)
    return total
