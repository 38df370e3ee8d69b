"""Where nobody may call out: while a page is served, and inside a transaction. Whoever does is told at once.

It is a mistake of ours, so it is no failure of a call that anybody handles: tests meet it, and production says it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class CallForbidden(Exception):
    """Somebody called out where nobody may; its text says where that was."""


_here: ContextVar[str] = ContextVar("why nobody may call out here", default="")
_keepers: list[Callable[[], str]] = []


@contextmanager
def nobody_calls_out(why: str) -> Iterator[None]:
    """Let nobody call out in the block."""
    token = _here.set(why)
    try:
        yield
    finally:
        _here.reset(token)


def ask_before_calls(keeper: Callable[[], str]) -> None:
    """Have `keeper` asked before each call: it returns why nobody may call out now, or nothing. It must be quick."""
    _keepers.append(keeper)


def check_leave() -> None:
    """Raise CallForbidden where nobody may call out."""
    for why in (_here.get(), *(keeper() for keeper in _keepers)):
        if why:
            raise CallForbidden(why)
