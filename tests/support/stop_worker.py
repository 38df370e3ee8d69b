"""Runs one worker's turn that is stopped, or whose clock is wrong, as another process than that of the test.

    python -m tests.support.stop_worker stop COUNT_FILE N ORGANISATION ROW
    python -m tests.support.stop_worker clock SECONDS

"stop": SIGSTOP at the n-th line of a call; once it is continued an hour has passed for it (the clock that goes on while
a process stands still says so). With N = 0 it is not stopped; the number of lines goes to COUNT_FILE. "clock": takes up
what is due with a clock that is so many seconds ahead (or behind). The product knows nothing of it.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import django

from tests.support.kill import LineCounter

ROOT = Path(__file__).resolve().parents[2]
CALL = (
    "outside/http.py",
    "outside/sockets.py",
    "outside/deadline.py",
    "outside/circuits.py",
    "certificates/certra/transport/http.py",
    "certificates/certra/soap.py",
    "certificates/certra/client.py",
)
"""What runs between the two transactions of a submission: nobody is stopped who holds a row."""
HOUR = 3600.0


class Stopper(LineCounter):
    """Stops the process at the chosen line; afterwards it is an hour later."""

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGSTOP)
                true = time.clock_gettime
                time.clock_gettime = lambda clock: true(clock) + HOUR
        return self._line


def stop(count_file: str, stop_at: str, organisation: str, request: str) -> None:
    """Take one row, and stop on the way of its call."""
    from ehportal.lanes import KINDS
    from organisations.services.work.claims import claim_this
    from organisations.services.work.drain import take_up

    [work] = [one for one in KINDS if one.name == "requests"]
    counter = Stopper(frozenset(str(ROOT / step) for step in CALL), int(stop_at))
    sys.settrace(counter)
    try:
        claimed = claim_this(work, f"worker {stop_at}", UUID(organisation), UUID(request))
        if claimed is not None:
            take_up(claimed)
    finally:
        sys.settrace(None)
        Path(count_file).write_text(str(counter.count))


def wrong_clock(seconds: str) -> None:
    """Take up what is due, with a clock that is wrong."""
    from django.utils import timezone

    from ehportal.lanes import KINDS
    from organisations.services.work.drain import drain

    off, now, seconds_now = timedelta(seconds=float(seconds)), timezone.now, time.time
    timezone.now = lambda: now() + off
    time.time = lambda: seconds_now() + off.total_seconds()
    drain([one for one in KINDS if one.name == "requests"], wake=lambda: None, seconds=60)


def main() -> None:
    how, *arguments = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
    django.setup()
    if how == "stop":
        stop(*arguments)
    else:
        wrong_clock(*arguments)


if __name__ == "__main__":
    main()
