"""Runs the agent's command and kills it, as a power cut would, at the n-th line it executes in chosen modules.

    python -m tests.support.kill COUNT_FILE N module.py … -- run <id> …

With N = 0 nothing is killed; the number of lines executed goes to COUNT_FILE. The product knows nothing of it.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

PIECES = frozenset({"recv", "recv_into"})
"""Functions that read what has arrived: how many pieces an answer comes in is the network's to say, each time anew."""


class LineCounter:
    """Counts lines of the chosen files, and ends the process without a goodbye at the chosen one.

    The lines by which an answer's pieces are read do not count, so that the same way has as many lines each time.
    """

    def __init__(self, files: frozenset[str], kill_at: int) -> None:
        gone = sorted(file for file in files if not Path(file).is_file())
        if gone:
            raise FileNotFoundError(f"no such module to kill in: {gone}")
        self.count = 0
        self._files = files
        self._kill_at = kill_at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in self._files or _reads_a_piece(frame):
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._line


def _reads_a_piece(frame: FrameType) -> bool:
    # A read asks how long it may wait, and that asks the deadline.
    around: FrameType | None = frame
    for _ in range(3):
        if around is None:
            return False
        if around.f_code.co_name in PIECES:
            return True
        around = around.f_back
    return False


def main(arguments: Sequence[str]) -> int:
    """Run the command under the counter; returns its exit code."""
    count_file, kill_at, *rest = arguments
    split = rest.index("--")
    from agent import cli

    folder = Path(cli.__file__).parent
    counter = LineCounter(frozenset(str(folder / name) for name in rest[:split]), int(kill_at))
    sys.settrace(counter)
    try:
        return cli.main(rest[split + 1 :])
    finally:
        sys.settrace(None)
        Path(count_file).write_text(str(counter.count))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
