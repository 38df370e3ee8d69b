"""One HTTP exchange that comes to an end, in bytes and in time, whatever the other side does."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Final

import requests

_CHUNK: Final = 16 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is longer than the limit where it was cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(send: Callable[[], requests.Response], *, limit: int, seconds: float) -> Answer:
    """Call `send`, which streams, and read little more than `limit` bytes; all of it within `seconds`.

    The time-outs of `requests` are for each read: who gives a byte now and then, of the headers too, never meets
    them. Raises requests.RequestException, of which Timeout when the time is over; the thread that still reads then
    ends with the process.
    """
    future: Future[Answer] = Future()

    def work() -> None:
        try:
            future.set_result(_read(send, limit))
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError as error:
        raise requests.Timeout from error


def _read(send: Callable[[], requests.Response], limit: int) -> Answer:
    with send() as response:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > limit:
                break
        return Answer(response.status_code, response.headers, bytes(body))
