"""What a page says when something in it failed, and what while the database is away: nothing is lost, ask again."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from ehportal.pages.refusals import AGENT, SYSTEMS

RETRY_AFTER = 10
"""Seconds after which a program may ask again: a database that was restarted is mostly there by then."""
AWAY = frozenset({"57P01", "57P02", "57P03", "53300"})
"""SQLSTATE of a server that stops, starts or takes no further connection (PostgreSQL, appendix A)."""
CONNECTION = "08"
"""The class of SQLSTATE that is about connections."""


def database_is_away(error: BaseException | None) -> bool:
    """True when `error` says that the database cannot be reached, not that it refused what was asked of it."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state in AWAY or state.startswith(CONNECTION)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what failed: 503 while the database is away, else 500. It needs no database, and no session."""
    away = database_is_away(sys.exc_info()[1])
    status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR
    with translation.override(translation.get_language_from_request(request)):
        said = _("ehportal cannot reach its database.") if away else _("Something went wrong on our side.")
        answer: HttpResponse
        if request.path.startswith(AGENT):
            # No problem document: an agent takes this for a server that cannot be reached, and asks again.
            answer = HttpResponse(said, status=status, content_type="text/plain")
        elif request.path.startswith(SYSTEMS):
            code = "database_away" if away else "internal_error"
            document = {"type": "about:blank", "title": said, "status": status, "code": code}
            answer = JsonResponse(document, status=status, content_type="application/problem+json")
        else:
            answer = HttpResponse(render_to_string("503.html" if away else "500.html"), status=status)
    if away:
        answer["Retry-After"] = str(RETRY_AFTER)
    return answer
