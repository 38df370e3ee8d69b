"""Runs one rewrite of a key store and kills the process, as a power cut would, at the n-th line it executes.

    python -m tests.support.kill_store COUNT_FILE N OPERATION FOLDER

With N = 0 nothing is killed, and the lines it executed go to COUNT_FILE. FOLDER has `old.p12`, and `new.p12` where
the operation needs what came after a renewal. The product knows nothing of it.
"""

import linecache
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from agent import durable
from agent.errors import StoreError
from agent.stores import contents as keystore
from agent.stores import files as store_files
from tests.support.kill import LineCounter

OLD, NEW = "wolk trompet kade 71", "vijver ladder 88 oker"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STEPS = ("stores/files.py", "durable.py", "stores/contents.py")


def change_password(folder: Path) -> None:
    """`old.p12` gets the new password; a run before may have done it already."""
    target = folder / "old.p12"
    try:
        store_files.change_password(target, OLD, NEW, store_format="modern", now=NOW)
    except StoreError as error:
        if error.code != "password_wrong":
            raise
        keystore.open_store(store_files.read_file(target), NEW)


def export(folder: Path) -> None:
    """A copy beside; an earlier run may have put it there already, whole."""
    try:
        store_files.export(folder / "old.p12", OLD, store_format="legacy", to=folder / "copy.p12")
    except StoreError as error:
        if error.code != "file_exists":
            raise


def back_up(folder: Path) -> None:
    """A dated copy in a folder of its own."""
    store_files.back_up(folder / "old.p12", durable.private_folder(folder / "kept"), OLD, now=NOW)


def install(folder: Path) -> None:
    """The store after a renewal goes where the old one stands."""
    contents = keystore.open_store(store_files.read_file(folder / "new.p12"), NEW)
    data = keystore.serialise(contents, NEW, "modern")
    store_files.install(folder / "old.p12", data, contents, password=NEW, now=NOW)


def carry_over(folder: Path) -> None:
    """The old encryption keys go into the new store, which is rewritten where it stands."""
    old = keystore.open_store(store_files.read_file(folder / "old.p12"), OLD)
    store_files.rewrite(folder / "new.p12", NEW, lambda new: keystore.carried_over(old, new), now=NOW)


class LineRecorder(LineCounter):
    """Keeps the text of each line besides."""

    def __init__(self, files: frozenset[str], kill_at: int) -> None:
        super().__init__(files, kill_at)
        self.lines: list[str] = []

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.lines.append(linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip())
        return super()._line(frame, event, argument)


OPERATIONS: dict[str, Callable[[Path], None]] = {
    made.__name__: made for made in (change_password, export, back_up, install, carry_over)
}


def main() -> None:
    """Run the operation under the counter."""
    count_file, kill_at, operation, folder = sys.argv[1:]
    agent = Path(durable.__file__).parent
    recorder = LineRecorder(frozenset(str(agent / step) for step in STEPS), int(kill_at))
    sys.settrace(recorder)
    try:
        OPERATIONS[operation](Path(folder))
    finally:
        sys.settrace(None)
        Path(count_file).write_text("\n".join(recorder.lines))


if __name__ == "__main__":
    main()
