"""The calls of one judgement to authorities: their limits, and which hosts rest meanwhile."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from asgiref.sync import sync_to_async
from django.conf import settings

from outside.deadline import elapsed
from outside.errors import CallFailed, Resting
from outside.http import Answer, exchange
from outside.sockets import Limits

MOST_BYTES = 16 * 1024 * 1024
"""Of one list or answer: those of large authorities hold some hundred thousand entries."""
OK, NOT_MODIFIED = 200, 304


Listener = Callable[[str, int, CallFailed | None, float], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have `listener` told of every call from now on, once: address, status or failure, seconds. It must not fail."""
    if listener not in _listeners:
        _listeners.append(listener)


class Calls:
    """The calls of one judgement, and which hosts rest meanwhile."""

    def __init__(self) -> None:
        self.resting: list[Resting] = []

    def make(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Awaitable[Answer]:
        """Make one call, in the thread that asked for the judgement: its connection to the database is there."""
        return sync_to_async(self.call, thread_sensitive=True)(method, url, headers, body)

    def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        known: bool = False,
    ) -> Answer:
        """Make one call in this thread; with `known` the answer may be that nothing is newer (304).

        Raises requests.RequestException, as the library expects, for whatever is no answer.
        """
        seconds = settings.REVOCATION_TIMEOUT
        limits, began = Limits(connecting=seconds, silence=seconds, total=seconds), elapsed()
        try:
            answer = exchange(
                method,
                url,
                body=body,
                headers=headers,
                limits=limits,
                most_bytes=MOST_BYTES,
                proxy=_proxy_for(url),
                private=may_be_private(url),
            )
        except CallFailed as error:
            _tell(url, 0, error, elapsed() - began)
            if isinstance(error, Resting):
                self.resting.append(error)
            raise requests.RequestException(str(error)) from error
        _tell(url, answer.status, None, elapsed() - began)
        if answer.status != OK and not (known and answer.status == NOT_MODIFIED):
            raise requests.RequestException(f"status code {answer.status}")
        return answer


def _tell(url: str, status: int, failure: CallFailed | None, seconds: float) -> None:
    for listener in _listeners:
        listener(url, status, failure, seconds)


def may_be_private(url: str) -> bool:
    """Return whether an address that a certificate names may be one of our own network: where an operator said so."""
    return settings.SANDBOX or urlsplit(url).hostname in settings.STATUS_PRIVATE_HOSTS


def _proxy_for(url: str) -> str | None:
    """Return the proxy that this machine's environment names for public addresses (`http_proxy`, `no_proxy`)."""
    host = urlsplit(url).hostname or ""
    return None if proxy_bypass(host) else getproxies().get("http")
