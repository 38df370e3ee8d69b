"""Whoever wants to know how the services do hears of every call to them: what came back, or how it failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from certificates.certra.errors import CertraError


@dataclass(frozen=True)
class Heard:
    """One call: `content` and `status` of an answer, or the `failure` where none came."""

    service: str
    """The name of its service (services.py)."""
    address: str
    content: bytes = b""
    status: int = 0
    failure: CertraError | None = None
    seconds: float = 0.0


_listeners: list[Callable[[Heard], None]] = []


def listen(listener: Callable[[Heard], None]) -> None:
    """Have `listener` told of every call from now on, once. It must be quick and not fail."""
    if listener not in _listeners:
        _listeners.append(listener)


def leave_alone(listeners: Sequence[Callable[[Heard], None]] = ()) -> list[Callable[[Heard], None]]:
    """Have only `listeners` told from now on; return those that were told before."""
    before = list(_listeners)
    _listeners[:] = listeners
    return before


def tell(heard: Heard) -> None:
    """Tell everybody who listens."""
    for listener in _listeners:
        listener(heard)
