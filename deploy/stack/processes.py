"""Child processes that end with us, whatever happens, each with its own log file."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """Linux: the kernel sends SIGTERM to this child when its parent dies, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """The processes of one stack; `stop` ends them in the reverse order of their start."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self.logs = logs
        self.environment = dict(environment)
        self.running: list[tuple[str, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], *, pipe: bool = False) -> subprocess.Popen[bytes]:
        """Start `command`; its output goes to `<name>.log`, standard output to us when `pipe`."""
        log = (self.logs / f"{name}.log").open("ab")
        process = subprocess.Popen(
            list(command),
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # no threads run yet in this process
        )
        log.close()
        self.adopt(name, process)
        return process

    def adopt(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Take a process that was started elsewhere into the list."""
        self.running.append((name, process))

    def dead(self) -> list[str]:
        """Return the names of processes that ended by themselves."""
        return [name for name, process in self.running if process.poll() is not None]

    def stop(self, *, patience: float = 8) -> None:
        """Ask each process to end, and end it after `patience` seconds."""
        for _name, process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
        for _name, process in reversed(self.running):
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.running.clear()
