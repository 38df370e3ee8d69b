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


class LineCounter:
    """Counts lines of the chosen files, and ends the process without a goodbye at the chosen one."""

    def __init__(self, files: frozenset[str], kill_at: int) -> None:
        gone = sorted(file for file in files if not Path(file).is_file())
        if gone:
            raise FileNotFoundError(f"no such module to kill in: {gone}")
        self.count = 0
        self._files = files
        self._kill_at = kill_at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename in self._files else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._line


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
