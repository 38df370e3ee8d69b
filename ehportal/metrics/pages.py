"""Requests: how many, by the name of their view and their status, and how long they took."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from ehportal.metrics.registry import KEPT

REQUESTS = Counter(
    "ehportal_http_requests",
    "Requests answered, by the name of their view.",
    ["method", "route", "status"],
    registry=KEPT,
)
SECONDS = Histogram(
    "ehportal_http_seconds",
    "How long answers took.",
    ["route"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=KEPT,
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class CountRequestsMiddleware:
    """Counts each request when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer `request` and count it under its view's name: paths hold ids."""
        began = time.monotonic()
        response = self.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else "-"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route or "-", str(response.status_code)).inc()
        SECONDS.labels(route or "-").observe(time.monotonic() - began)
        return response
