"""While the database is away every page and program is told so: 503, soon again, in the reader's language."""

import psycopg
import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from ehportal import urls
from ehportal.pages.away import database_is_away, server_error
from ehportal.problems import handle

GONE = OperationalError("connection is bad")


def caused(kind: type[psycopg.Error]) -> OperationalError:
    error = OperationalError("said by the server")
    error.__cause__ = kind("said by the server")
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (GONE, True),
        (InterfaceError("connection already closed"), True),
        (caused(psycopg.errors.AdminShutdown), True),
        (caused(psycopg.errors.CannotConnectNow), True),
        (caused(psycopg.errors.TooManyConnections), True),
        (caused(psycopg.errors.ConnectionFailure), True),
        (caused(psycopg.errors.DeadlockDetected), False),
        (caused(psycopg.errors.QueryCanceled), False),
        (KeyError("a mistake of ours"), False),
        (None, False),
    ],
)
def test_what_says_that_it_is_away(error: BaseException | None, away: bool) -> None:
    assert database_is_away(error) is away


@pytest.mark.parametrize("path", ["/certificates/", "/agent/v1/jobs/"])
@pytest.mark.parametrize("error", [GONE, KeyError("a mistake of ours")])
def test_the_answer(path: str, error: Exception) -> None:
    request = RequestFactory().get(path, HTTP_ACCEPT_LANGUAGE="nl-BE,nl;q=0.9")
    try:
        raise error
    except Exception:
        answer = server_error(request)
    away = error is GONE
    assert answer.status_code == (503 if away else 500)
    assert answer.get("Retry-After") == ("10" if away else None)
    if path == "/certificates/":
        assert ("kan zijn databank niet bereiken" in answer.content.decode()) is away
        assert '<html lang="nl">' in answer.content.decode()
    else:
        assert answer["Content-Type"] == "text/plain", "an agent asks again"


def test_programs_get_it_from_where_pages_do() -> None:
    assert handle(GONE, {}) is None
    found = handle(KeyError("a mistake of ours"), {})
    assert found is not None
    assert found.status_code == 500


def test_a_page_that_fails_like_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise GONE

    assert urls.handler500 == "ehportal.pages.away.server_error"
    monkeypatch.setattr("organisations.web.tenancy.TenancyMiddleware.process_view", away)
    client = Client(raise_request_exception=False)
    answer = client.get("/certificates/")
    assert answer.status_code == 503
    assert "Retry-After" in answer
