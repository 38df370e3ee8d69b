"""The rule that no page waits for anybody outside: what calls out is a row that a worker takes up."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from outside.leave import nobody_calls_out


class NobodyCallsOutMiddleware:
    """Raises CallForbidden from whatever calls out while a page or an endpoint is served, whoever wrote it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        with nobody_calls_out("a page is being served: have a worker call (certificates/services/errands)"):
            return self.get_response(request)
