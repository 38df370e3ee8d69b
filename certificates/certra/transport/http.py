"""HTTP under the SOAP client: time-outs, TLS verification, a bound on what is read, and what failed when."""

import ssl
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError
from zeep.transports import Transport

from certificates.certra.errors import OutcomeUnknown, Transient

MAX_ANSWER_BYTES = 2 * 1024 * 1024


class _StayingSession(requests.Session):
    """Goes nowhere else: a signed request is for one address, and a redirect is an answer like any other."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Name no target, so that nothing is prepared for it."""
        return None


def _raise_redirected(response: requests.Response) -> NoReturn:
    """Say where it points to. The service itself did nothing, unless it says "see other" (RFC 9110 15.4.4)."""
    try:
        place = urlsplit(response.headers.get("Location", "")).hostname or ""
    except ValueError:
        place = ""
    summary = f"redirected (HTTP {response.status_code}{', to ' + place[:100] if place else ''})"
    if response.status_code == requests.codes.see_other:
        raise OutcomeUnknown(summary=summary)
    raise Transient(summary=f"{summary}; nothing was done")


class BoundedTransport(Transport):
    """Zeep's transport with our limits. WSDL and schemas come from disk only."""

    def __init__(self, *, connect_timeout: float, read_timeout: float) -> None:
        session = _StayingSession()
        session.trust_env = False
        super().__init__(session=session)  # type: ignore[no-untyped-call]  # zeep ships no types
        self.limits = (connect_timeout, read_timeout)

    def load(self, url: str) -> bytes:
        """Read a WSDL or schema from disk; an address would mean that somebody changed our contract."""
        if "://" in url:
            raise ValueError("contract documents are local files")
        return Path(url).read_bytes()

    def post(self, address: str, message: Any, headers: dict[str, str]) -> requests.Response:
        """Send `message`; the body is read at once and bounded.

        Raises Transient when no connection was made, so that nothing was sent, or when the answer points elsewhere, so
        that nothing was done; OutcomeUnknown for any other failure after that.
        """
        try:
            response = self.session.post(
                address,
                data=message,
                headers=headers,
                timeout=self.limits,
                stream=True,
                allow_redirects=False,
            )
        except requests.exceptions.ConnectTimeout as error:
            raise Transient(summary="no connection") from error
        except requests.exceptions.ConnectionError as error:
            if _never_connected(error):
                raise Transient(summary="no connection") from error
            raise OutcomeUnknown(summary="the connection was lost") from error
        except requests.exceptions.RequestException as error:
            raise OutcomeUnknown(summary="no answer in time") from error
        try:
            response._content = self._read(response)
        except (requests.exceptions.RequestException, OSError) as error:
            raise OutcomeUnknown(summary="the answer broke off") from error
        finally:
            response.close()
        if 300 <= response.status_code < 400:
            _raise_redirected(response)
        return response

    @staticmethod
    def _read(response: requests.Response) -> bytes:
        content = b""
        for chunk in response.iter_content(64 * 1024):
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise OutcomeUnknown(summary="the answer is too large")
        return content


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Return whether it failed before anything was sent: name unknown, refused, unreachable, not who it should be.

    Any other failure of TLS may have come after the request had left, and requests tells the two not apart.
    """
    cause = error.args[0] if error.args else None
    if not isinstance(cause, MaxRetryError):
        return False
    reason: BaseException | None = cause.reason
    if isinstance(reason, SSLError):
        return any(isinstance(one, ssl.SSLCertVerificationError) for one in reason.args)
    return isinstance(reason, NewConnectionError)
