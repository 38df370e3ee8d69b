"""Whose request it is: the one place that reads what a proxy says about it.

Limits go by REMOTE_ADDR. Behind a proxy, or on a socket, that is the proxy's or nobody's: a whole hospital would share
one limit, or nobody could sign in.
"""

from collections.abc import Callable
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("ehportal.proxy")


class PersonsAddressMiddleware:
    """Puts into REMOTE_ADDR who asks, and refuses what nobody vouches for, with the reason in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer `request`, or say which header its proxy leaves out."""
        missing = place_address(request)
        if missing:
            log.error("whose_request_is_unknown", missing=missing, behind_proxy=settings.BEHIND_PROXY)
            return HttpResponse(f"{missing}\n", status=400, content_type="text/plain; charset=utf-8")
        return self.get_response(request)


def place_address(request: HttpRequest) -> str:
    """Set REMOTE_ADDR of `request` to the person's address; return what is missing, empty when all is well."""
    if not settings.BEHIND_PROXY:
        if request.META.get("REMOTE_ADDR"):
            return ""
        return "This server listens on a socket and knows of no proxy before it: set BEHIND_PROXY=1."
    # What the proxy wrote itself is the last; what stands before it was written by whoever asks.
    written = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        request.META["REMOTE_ADDR"] = str(ip_address(written))
    except ValueError:
        return "The proxy must write X-Forwarded-For: the address from which it was asked."
    if settings.SECURE and request.META.get("HTTP_X_FORWARDED_PROTO") not in {"http", "https"}:
        return "The proxy must write X-Forwarded-Proto: http or https."
    return ""
