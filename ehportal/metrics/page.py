"""`/metrics`: for who asks on this machine past the proxy, or shows METRICS_TOKEN; for all others it is not there."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ehportal.metrics.registry import gathered


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with everything that is counted, in Prometheus's text form."""
    if not (shows_token(request) or asks_from_here(request)):
        return HttpResponse("404\n", status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(generate_latest(gathered()), content_type=CONTENT_TYPE_LATEST)


def shows_token(request: HttpRequest) -> bool:
    """True when the request carries the operator's token."""
    wanted, given = settings.METRICS_TOKEN, request.META.get("HTTP_AUTHORIZATION", "")
    return bool(wanted) and hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode())


def asks_from_here(request: HttpRequest) -> bool:
    """True for a request over loopback or a socket that no proxy passed on: a proxy says for whom it asks."""
    if any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")):
        return False
    address = request.META.get("REMOTE_ADDR", "")
    return not address or ip_address(address).is_loopback
