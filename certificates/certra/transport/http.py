"""HTTP under the SOAP client: one bounded exchange, and what its failures mean for a request."""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from zeep.transports import Transport

from certificates.certra.errors import OutcomeUnknown, Silent, Transient
from outside.errors import NoAnswer, NotSent, Resting
from outside.http import Answer, exchange
from outside.sockets import Limits

MAX_ANSWER_BYTES = 2 * 1024 * 1024
SEE_OTHER = 303


def _raise_redirected(answer: Answer) -> NoReturn:
    """Say where it points to. The service itself did nothing, unless it says "see other" (RFC 9110 15.4.4)."""
    try:
        place = urlsplit(answer.headers.get("Location", "")).hostname or ""
    except ValueError:
        place = ""
    summary = f"redirected (HTTP {answer.status}{', to ' + place[:100] if place else ''})"
    if answer.status == SEE_OTHER:
        raise OutcomeUnknown(summary=summary)
    raise Transient(summary=f"{summary}; nothing was done")


class ContractsOnDisk(Transport):
    """What zeep reads our WSDL and schemas with: it reaches no network."""

    def load(self, url: str) -> bytes:
        """Read a WSDL or schema from disk; an address would mean that somebody changed our contract."""
        if "://" in url:
            raise ValueError("contract documents are local files")
        return Path(url).read_bytes()


class BoundedTransport:
    """Messages to the government, each with a deadline; `trusted` is a PEM file, the web's authorities unless told."""

    def __init__(self, limits: Limits, *, trusted: str | None = None) -> None:
        self.limits = limits
        self.trusted = trusted

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `message`; the whole answer is read at once and bounded.

        Raises Transient when nothing left the house (Silent among it), or when the answer points elsewhere, so that
        nothing was done; OutcomeUnknown for any other failure after that.
        """
        try:
            answer = exchange(
                "POST",
                address,
                body=message,
                headers=headers,
                limits=self.limits,
                most_bytes=MAX_ANSWER_BYTES,
                trusted=self.trusted,
            )
        except Resting as error:
            raise Silent(summary=str(error), since=error.since, until=error.until) from error
        except NotSent as error:
            raise Transient(summary=str(error)) from error
        except NoAnswer as error:
            raise OutcomeUnknown(summary=str(error)) from error
        if 300 <= answer.status < 400:
            _raise_redirected(answer)
        return answer
