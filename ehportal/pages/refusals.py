"""Requests that are refused before a page sees them: in our words, with the limit and what to do."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

AGENT = "/agent/"
"""Below this address agents call: they get problem documents."""
SYSTEMS = ("/api/v", "/oauth/")
"""Below these addresses systems of organisations call: so do they."""
PROGRAMS = (AGENT, *SYSTEMS)
MEGABYTE = 1024 * 1024


class UnkeptCharacter(SuspiciousOperation):
    """A text with NUL in it, which no database column holds and no key types."""


def refusal_of(error: BaseException | None) -> tuple[int, str, str]:
    """Return the status, a stable code and a sentence for what Django refuses by itself."""
    if isinstance(error, TooManyFilesSent):
        return (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_many_files",
            _("At most %(most)d files are taken at once. Go back and send them in several goes.")
            % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FILES},
        )
    if isinstance(error, TooManyFieldsSent):
        return (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_many_fields",
            _(
                "At most %(most)d lines are taken at once. Go back, tick fewer of them, and do the rest after that."
            )
            % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS},
        )
    if isinstance(error, RequestDataTooBig):
        return (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "request_too_large",
            _("At most %(size)d MB are taken at once. Go back and send less in one go.")
            % {"size": (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // MEGABYTE},
        )
    if isinstance(error, UnkeptCharacter):
        return (
            HTTPStatus.BAD_REQUEST,
            "character_refused",
            _(
                "One of the texts holds a character that cannot be kept (NUL). Go back and type that text again."
            ),
        )
    return (
        HTTPStatus.BAD_REQUEST,
        "request_refused",
        _("Your browser sent something that cannot be read. Go back, load the page again and try once more."),
    )


def bad_request(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """Answer what was refused before any page: a page of ours, or a problem document for programs."""
    status, code, sentence = refusal_of(exception)
    if request.path.startswith(PROGRAMS):
        document: dict[str, Any] = {"type": "about:blank", "title": sentence, "status": status, "code": code}
        return JsonResponse(document, status=status, content_type="application/problem+json")
    # What is refused before it is known who asks, a wrong host for instance, has no more than the sentence.
    known = request if hasattr(request, "user") else None
    return HttpResponse(render_to_string("400.html", {"sentence": sentence}, known), status=status)


class TextsWithoutNulMiddleware:
    """Refuse a request in whose address or form a NUL stands, in one place for all pages there are or will be."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the look comes when it is known who reads the answer."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Look at path, query and form. What a program sends is judged by its own strict reader. Raises Http404."""
        if request.path.startswith(PROGRAMS):
            return None
        if "\0" in request.path or _holds_nul(request.GET.lists()):
            raise Http404  # an address that nobody was given
        if request.method == "POST":
            try:
                form = [*request.POST.lists(), *((name, [one.name or "" for one in files])
                        for name, files in request.FILES.lists())]  # fmt: skip
            except SuspiciousOperation as error:
                return bad_request(request, error)
            if _holds_nul(form):
                return bad_request(request, UnkeptCharacter())
        return None


def _holds_nul(fields: Iterable[tuple[str, Iterable[object]]]) -> bool:
    return any(
        "\0" in name or any(isinstance(value, str) and "\0" in value for value in values)
        for name, values in fields
    )
