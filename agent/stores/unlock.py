"""Asking for the password of something that is there already, until it opens or the person gives up."""

from collections.abc import Callable
from typing import Final, TypeVar

from agent.errors import Cancelled, StoreError
from agent.ui import Dialogue

T = TypeVar("T")
TRIES: Final = 3


def unlock(dialogue: Dialogue, what: str, opening: Callable[[str], T], *, first: str = "") -> tuple[T, str]:
    """Try passwords until `opening` takes one; return what it gave, and that password.

    `first` is tried before asking, where there is one; `what` tells the person whose password is asked for. Raises
    StoreError `password_wrong` after the third that was typed, and whatever else `opening` raises; Cancelled when
    nothing is typed.
    """
    for attempt in range(0 if first else 1, TRIES + 1):
        password = dialogue.password(what, again=attempt > 1) if attempt else first
        if not password:
            raise Cancelled
        try:
            return opening(password), password
        except StoreError as error:
            if error.code != "password_wrong":
                raise
    raise StoreError("password_wrong")
