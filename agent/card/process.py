"""The worker process from outside: started when needed, asked one thing at a time, ended with everything it started."""

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, cast

from agent.card.causes import Failure, Step
from agent.card.service import no_reader
from agent.errors import CardError

Answer = dict[str, object]
START_SECONDS: Final = 60.0
CLOSE_SECONDS: Final = 10.0
_TICK: Final = 0.05
_RESTART: Final = (
    "card_removed",
    "card_failed",
    "middleware_broken",
    "dialog_impossible",
    "dialog_unanswered",
)
_log = logging.getLogger("agent.card")


class WorkerProcess:
    """One worker at a time for `module`; a new one after it, or the card, is gone.

    `meanwhile` is called again and again while an answer is waited for, so that a window stays alive; `clock` counts
    seconds.
    """

    def __init__(
        self,
        module: Path,
        *,
        meanwhile: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._module = module
        self._meanwhile = meanwhile
        self._clock = clock
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()

    @property
    def pid(self) -> int | None:
        """The process there is now."""
        return self._process.pid if self._process else None

    def ask(self, operation: str, request: Answer | None = None, *, seconds: float) -> Answer:
        """What the worker answers. Raises CardError, after which a dead or doubtful worker is ended."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._start()
        return self._exchange(operation, {"operation": operation, **(request or {})}, seconds)

    def close(self) -> None:
        """Let the worker log out and end; its module lets go of the card with it."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            with suppress(OSError):  # what could not be written any more
                process.stdin.close()
        try:
            process.wait(timeout=CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
        if process.stdout:
            process.stdout.close()

    def _kill(self) -> None:
        """End the worker at once, with the dialog that it may have open."""
        if self._process is not None:
            _end(self._process)
        self.close()

    def _start(self) -> None:
        # The worker must find this package also when it runs from a checkout.
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "agent.card.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # a group of its own, which can be ended whole
        )
        self._answers = queue.Queue()
        threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()
        self._exchange("start", {"module": str(self._module)}, START_SECONDS)

    def _exchange(self, operation: str, message: Answer, seconds: float) -> Answer:
        process = self._process
        if process is None or process.stdin is None:
            raise CardError("card_failed")
        began = self._clock()
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            line = self._line(began + seconds)
        except (OSError, queue.Empty) as error:
            self._kill()
            raise _noted(CardError("card_timeout", raw=f"{type(error).__name__}, {operation}")) from None
        except BaseException:
            self._kill()  # its answer would be taken for that of the next question
            raise
        if line is None:
            self.close()
            raise _noted(CardError("card_failed", raw=f"the worker ended, {operation}"))
        answer = cast("Answer", json.loads(line))
        if "ok" in answer:
            return cast("Answer", answer["ok"])
        failed = _error(answer, self._clock() - began)
        if failed.code in _RESTART:
            self.close()
        raise _noted(failed)

    def _line(self, deadline: float) -> str | None:
        while True:
            try:
                return self._answers.get(timeout=_TICK)
            except queue.Empty:
                if self._clock() > deadline:
                    raise
            self._meanwhile()


def _error(answer: Answer, seconds: float) -> CardError:
    """A refusal of the worker's own, or what the module's answer means."""
    if "refused" in answer:
        code, raw = str(answer["refused"]), str(answer.get("raw", ""))
        return no_reader() if code == "no_reader" else CardError(code, raw=raw)
    failure = Failure(
        code=str(answer["rv"]),
        step=cast("Step", answer["step"]),
        own_dialog=answer["own_dialog"] is True,
        card_there=answer["card_there"] is True,
        seconds=seconds,
        tries=str(answer["tries"]),
    )
    if failure.step == "slots":
        absent = no_reader()
        return CardError(absent.code if absent.code == "pcsc_down" else "card_failed", raw=failure.raw)
    return failure.error()


def _noted(error: CardError) -> CardError:
    """The same error, written to the log: codes only, never what was asked or typed."""
    level = logging.DEBUG if error.code == "no_card" else logging.WARNING  # that one is asked again and again
    _log.log(level, "%s [%s]%s", error.code, error.raw, f" tries {error.tries}" if error.tries else "")
    return error


def _listen(process: "subprocess.Popen[str]", answers: "queue.Queue[str | None]") -> None:
    if process.stdout:
        with suppress(ValueError, OSError):  # closed from the other side
            for line in process.stdout:
                answers.put(line)
    answers.put(None)


def _end(process: "subprocess.Popen[str]") -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
