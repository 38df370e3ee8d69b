"""Noticing that our own process stood still: stopped, suspended with its machine, or kept from running."""

import threading
from types import TracebackType
from typing import Final, Self

from outside.deadline import elapsed

TICK: Final = 0.25
"""Seconds between two ticks."""
LEAST: Final = 2.0
"""Seconds more than that which count: shorter pauses are those of a busy machine."""


class Standstill:
    """Ticks in a thread of its own while the block runs: a tick that comes late tells for how long nothing ran."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._last = elapsed()
        self._stood = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._last = elapsed()
        threading.Thread(target=self._tick, daemon=True, name="notice a standstill").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _tick(self) -> None:
        while not self._over.wait(TICK):
            self.seconds()

    def seconds(self) -> float:
        """Return for how long the process stood still so far."""
        with self._lock:
            now = elapsed()
            late = now - self._last - TICK
            self._last = now
            if late >= LEAST:
                self._stood += late
            return self._stood
