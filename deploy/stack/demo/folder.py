"""The folder of a demo: taken only when it is empty or a demo's already, held by one at a time, wiped on demand."""

import fcntl
import os
import shutil
from pathlib import Path

from deploy.stack.bootstrap import ROOT, say

FOLDER = ROOT / ".demo"
"""Where a demo keeps its state unless told otherwise."""
MARK = "ehportal-demo"
"""The file by which a folder is known as a demo's: nothing is ever wiped without it."""
KEPT = frozenset({MARK, "lock", "test-postgres"})
"""What stays when a demo starts over; the test databases stand beside it."""


def hold(folder: Path, *, instead: str = "") -> int:
    """Take the folder and return the descriptor that holds it; exit when it is something else's, or held.

    `instead` says how to go on beside a demo that runs.
    """
    if folder.exists() and not _is_ours(folder):
        say(f"{folder} holds something else than a demo. Choose a new or empty folder with --folder.")
        raise SystemExit(2)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch(mode=0o600)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("The demo is already running from this folder.")
        say(instead or "Stop it there with Ctrl-C, or use --folder.")
        raise SystemExit(2) from None
    return descriptor


def _is_ours(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    return folder == FOLDER or (folder / MARK).is_file() or not any(folder.iterdir())


def wipe(folder: Path) -> None:
    """Remove the state of the demo that holds `folder`."""
    for entry in folder.iterdir() if (folder / MARK).is_file() else ():
        if entry.name not in KEPT:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
