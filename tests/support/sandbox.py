"""The sandbox as a process, for every suite that needs a platform to talk to."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class SandboxProcess:
    """One sandbox on free ports of the loopback interface.

    Used as a context manager or with start() and stop(); restart() keeps state and ports. `pki` is the folder with
    `production/root.pem`, `production/issuing.pem`, the same for acceptance, and `citizen/root.pem`, `citizen/ca.pem`.
    """

    def __init__(self, state: Path, source: Path | None = None) -> None:
        self.state = state
        self.source = source
        self.log = state.parent / f"{state.name}.log"
        self._process: subprocess.Popen[str] | None = None
        self.production = self.acceptance = self.control = ""
        self.pki = state / "pki"

    def start(self) -> "SandboxProcess":
        """Start and wait until it answers; raises RuntimeError with the end of its log otherwise."""
        command = [sys.executable, "-m", "deploy.sandbox", "serve", "--state", str(self.state)]
        if self.source:
            command += ["--source", str(self.source)]
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        if self._process.stdout is None:
            raise AssertionError("the process was started with a pipe")
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"The sandbox did not start: {self.log.read_text(encoding='utf-8')[-2000:]}")
        ready = json.loads(line)
        self.production, self.acceptance = ready["production"], ready["acceptance"]
        self.control, self.pki = ready["control"], Path(ready["pki"])
        return self

    def stop(self) -> None:
        """End it and wait for it; harmless when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def freeze(self) -> None:
        """Let it hang: who calls is taken up and never answered, until thaw()."""
        if self._process is None:
            raise AssertionError("it runs")
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def restart(self) -> "SandboxProcess":
        """The same sandbox again: same state, same addresses."""
        self.stop()
        return self.start()

    def control_get(self, path: str) -> Any:
        """The JSON value behind a control address, like `/control/requests`; raises HTTPError for a refusal."""
        return self._control("GET", path, None)

    def control_post(self, path: str, value: Any = None, method: str = "POST") -> Any:
        """Send a JSON value and return the answer's; raises HTTPError for a refusal."""
        return self._control(method, path, value)

    def _control(self, method: str, path: str, value: Any) -> Any:
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(  # noqa: S310  the address is this process's own
            self.control + path, data=body, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:  # noqa: S310  as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            error.close()
            raise

    def __enter__(self) -> "SandboxProcess":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
