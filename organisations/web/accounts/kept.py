"""Pages about an account are kept by nobody: no cache, no back button of the next person at the same screen."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

PLACES = ("/accounts/", "/invitations/")


class NeverKeptMiddleware:
    """Marks every answer under the account pages and the invitations as one that is not stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and mark the answer."""
        response = self.get_response(request)
        if request.path.startswith(PLACES):
            add_never_cache_headers(response)
        return response
