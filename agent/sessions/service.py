"""The one call to the platform's token service: bounded in bytes and in time, and nothing of it is written anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Final

import requests

from agent.exchange import Answer, exchange
from agent.sessions.request import ACTION
from agent.wire.limits import MAX_SESSION_BYTES

TIMEOUT: Final = (5.0, 20.0)
"""Seconds to connect, and for each read."""
CALL_SECONDS: Final = 40.0
"""For the call and its whole answer."""


class NoAnswer(Exception):
    """Nothing that could be judged came back; `verdict` is one of those of agent.wire.link.sessions."""

    def __init__(self, verdict: str) -> None:
        super().__init__(verdict)
        self.verdict = verdict


@dataclass(frozen=True)
class Said:
    """What came back, and by how many seconds the platform's clock is ahead of ours; 0 where it does not say."""

    status: int
    body: bytes
    clock_seconds: int


def ask(address: str, envelope: bytes, *, ca_file: Path | None, seconds: float = CALL_SECONDS) -> Said:
    """Send a request for a session. Raises NoAnswer.

    The system's authorities vouch for the platform; where they do not, the file given for the network's own do.
    """
    for authorities in (True, str(ca_file)) if ca_file else (True,):
        try:
            answer = _post(address, envelope, authorities, seconds)
        except requests.exceptions.SSLError:
            continue
        except requests.exceptions.ConnectTimeout:
            raise NoAnswer("unreachable") from None
        except requests.exceptions.Timeout:
            raise NoAnswer("no_answer") from None
        except requests.exceptions.RequestException:
            raise NoAnswer("unreachable") from None
        return _read(answer)
    raise NoAnswer("unreachable")


def _post(address: str, envelope: bytes, authorities: bool | str, seconds: float) -> Answer:
    session = requests.Session()
    # No .netrc, no CA bundle from the environment; only its proxies, which hospitals need.
    session.trust_env = False
    session.proxies = requests.utils.get_environ_proxies(address, None)
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"', "Accept": "text/xml"}
    send = partial(session.request, "POST", address, headers=headers, data=envelope, verify=authorities)
    send = partial(send, timeout=TIMEOUT, allow_redirects=False, stream=True)
    return exchange(send, limit=MAX_SESSION_BYTES, seconds=seconds)


def _read(answer: Answer) -> Said:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    is_xml = kind in ("text/xml", "application/xml", "application/soap+xml")
    if answer.status not in (200, 500) or (answer.status == 500 and not is_xml):
        raise NoAnswer("unavailable" if answer.status >= 400 else "answer_malformed")
    if not is_xml or len(answer.body) > MAX_SESSION_BYTES:
        raise NoAnswer("answer_malformed")
    return Said(answer.status, answer.body, _ahead(answer.headers))


def _ahead(headers: Mapping[str, str]) -> int:
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
        return round((moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0
