"""Pages of lists: by position, with a signed cursor that opens the one list that it was handed out for."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest
from rest_framework.response import Response

from organisations.api.frame.refusals import CursorRefused, QueryRefused
from organisations.keyset import Page

LIMIT, AFTER, BEFORE = "limit", "after", "before"
PAGING = frozenset({LIMIT, AFTER, BEFORE})
USUAL, MOST = 50, 200
SALT = "ehportal.api-cursor"


@dataclass(frozen=True)
class Place:
    """Which piece of a list is asked for."""

    size: int
    after: str | None
    before: str | None


def place_of(request: HttpRequest, *, known: frozenset[str] = frozenset()) -> Place:
    """Return which piece is asked for. `known` are the list's own parameters. Raises QueryRefused, CursorRefused."""
    demand_known(request, known | PAGING)
    given = request.GET.get(LIMIT, str(USUAL))
    if not (given.isascii() and given.isdecimal() and len(given) < 5 and 1 <= int(given) <= MOST):
        raise QueryRefused(errors={LIMIT: [f"1–{MOST}"]})
    after, before = request.GET.get(AFTER), request.GET.get(BEFORE)
    if after is not None and before is not None:
        raise QueryRefused(errors={BEFORE: [AFTER]})
    return Place(int(given), _opened(request, after), _opened(request, before))


def demand_known(request: HttpRequest, known: frozenset[str]) -> None:
    """Demand that nothing else is asked: a filter that is spelt wrong must not mean "everything"."""
    unknown = sorted(set(request.GET) - known)
    twice = sorted(name for name, values in request.GET.lists() if len(values) > 1)
    unkept = sorted(name for name, value in request.GET.items() if "\0" in value)
    if unknown or twice or unkept:
        raise QueryRefused(errors={name: ["?"] for name in (*unknown, *twice, *unkept)})


def paged(request: HttpRequest, page: Page[Any], items: list[Any], **more: Any) -> Response:
    """Return the answer for a page: its items, the cursors beside it, and both as links (RFC 8288)."""
    cursors = {AFTER: _sealed(request, page.next_cursor), BEFORE: _sealed(request, page.previous_cursor)}
    links = [
        f'<{_address(request, name, cursor)}>; rel="{rel}"'
        for (name, cursor), rel in zip(cursors.items(), ("next", "prev"), strict=True)
        if cursor
    ]
    body = {"items": items, "next": cursors[AFTER], "previous": cursors[BEFORE], **more}
    return Response(body, headers={"Link": ", ".join(links)} if links else None)


def _own(request: HttpRequest) -> dict[str, str]:
    """What narrows the list, without what only says which piece of it is shown."""
    return {name: request.GET[name] for name in sorted(request.GET) if name not in PAGING}


def _signer(request: HttpRequest) -> signing.Signer:
    return signing.Signer(sep=".", salt=f"{SALT}:{request.path}?{urlencode(_own(request))}")


def _sealed(request: HttpRequest, cursor: str | None) -> str | None:
    return _signer(request).sign(cursor) if cursor else None


def _opened(request: HttpRequest, given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return _signer(request).unsign(given)
    except signing.BadSignature as error:
        raise CursorRefused from error


def _address(request: HttpRequest, name: str, cursor: str) -> str:
    size = {LIMIT: request.GET[LIMIT]} if LIMIT in request.GET else {}
    return request.build_absolute_uri(f"{request.path}?{urlencode(_own(request) | size | {name: cursor})}")
