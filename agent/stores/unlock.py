"""Asking for the password of something that is there already, until it opens or the person gives up."""

from collections.abc import Callable
from typing import Final, TypeVar

from agent import pkcs12
from agent.errors import Cancelled, StoreError
from agent.pkcs12 import Contents
from agent.ui import Dialogue

T = TypeVar("T")
TRIES: Final = 3


def unlock(dialogue: Dialogue, what: str, opening: Callable[[str], T], *, first: str = "") -> tuple[T, str]:
    """Try passwords until `opening` takes one; return what it gave, and that password.

    `what` tells the person whose password is asked for. Enter alone is the empty password, under which some stores
    are; where it opens nothing, the person has given up. Raises StoreError `password_wrong` after the third that was
    typed and whatever else `opening` raises; Cancelled when nothing is typed.
    """
    for attempt in range(0 if first else 1, TRIES + 1):
        password = dialogue.password(what, again=attempt > 1) if attempt else first
        if password is None:
            raise Cancelled
        try:
            return opening(password), password
        except StoreError as error:
            if error.code != "password_wrong":
                raise
            if not password:
                raise Cancelled from error
    raise StoreError("password_wrong")


def unlock_store(dialogue: Dialogue, what: str, data: bytes, *, first: str = "") -> tuple[Contents, str]:
    """Open a key store; return its contents and password, asking for that of the keys too where they have their own.

    Raises as `unlock` does, and `key_password_lost` after the third password of the keys that is not it.
    """
    return unlock(dialogue, what, opening(dialogue, what, data), first=first)


def opening(dialogue: Dialogue, what: str, data: bytes) -> Callable[[str], Contents]:
    """Return what opens the store `data` with its password, asking for that of its keys where they have their own.

    Raises StoreError as `pkcs12.read` does, and `key_password_lost`; Cancelled.
    """

    def open_with(password: str) -> Contents:
        try:
            return pkcs12.read(data, password)
        except StoreError as error:
            if error.code != "key_password_other":
                raise
        for attempt in range(TRIES):
            own = dialogue.password(what, again=attempt > 0, of_key=True)
            if not own:
                raise Cancelled
            try:
                return pkcs12.read(data, password, own)
            except StoreError as error:
                if error.code != "key_password_wrong":
                    raise
        raise StoreError("key_password_lost", file=what)

    return open_with
