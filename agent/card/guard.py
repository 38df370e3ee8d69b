"""A guard beside the worker: no worker and no PIN dialog outlives the agent, nor a dialog its worker.

A module that waits in its dialog lets nothing else of its process run, no thread and no end of input, and its dialog
may be a process of its own. So a second, tiny process watches from outside. Where there is no fork (Windows) there is
none: the dialog is in the worker's own process there and closes itself after a minute.
"""

import os
import select
import signal
import sys
from typing import Final

GRACE_SECONDS: Final = 5.0
"""So long a worker may take to log out after its input has closed."""


def stand_guard() -> None:
    """Fork the guard. Call it first thing, with the agent's pipe as standard input; does nothing outside a process
    group of one's own, which is what the guard ends.
    """
    if sys.platform == "win32" or os.getpgrp() != os.getpid():
        return
    watched, held = os.pipe()
    if os.fork():
        os.close(watched)  # `held` stays open until this process ends, and is closed in what it starts
        return
    try:
        os.close(held)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        _wait(watched)
    finally:
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _wait(worker: int) -> None:
    """Return once the worker has ended, or has not ended in time after its input closed."""
    poller = select.poll()
    poller.register(worker, 0)
    poller.register(0, 0)  # only whether the other end is closed; what comes in is for the worker
    ended = [descriptor for descriptor, _ in poller.poll()]
    if worker not in ended:
        poller.unregister(0)
        poller.poll(GRACE_SECONDS * 1000)
