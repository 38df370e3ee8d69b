"""`/healthz`, `/readyz` and `/metrics`: whether this process lives, whether it can serve, and what it counts.

Nothing of an organisation is in any of them. They ask for no session and no host name, so that whoever watches may ask
a socket or loopback. Whether somebody outside may is the proxy's word: deploy/nginx lets nobody.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.core.checks import CheckMessage
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from agent.wire.version import VERSION
from ehportal.keys.checks import MISSING
from ehportal.metrics.page import metrics
from ehportal.operation.start import failing

PATIENCE = 2
"""Seconds that a database or Redis has for its answer."""
FRESH_SECONDS = 5
"""How long an answer is given again: asking often costs nothing."""


@dataclass(frozen=True)
class Readiness:
    """Why this server cannot serve (`why_not`), and what it does without (`impaired`); sentences, without secrets."""

    why_not: list[str]
    impaired: list[str]

    def as_json(self) -> dict[str, object]:
        """Return the body of /readyz."""
        return {
            "ready": not self.why_not,
            "why_not": self.why_not,
            "impaired": self.impaired,
            "version": VERSION,
        }


def readiness() -> Readiness:
    """Look at the database, its tables, the checks and Redis; each has seconds to answer."""
    why_not = database_problems()
    found = _failing(database=not why_not)
    why_not += [one.msg for one in found if one.id != MISSING]
    # What stands under a key that is not here cannot be read; everything else goes on.
    return Readiness(why_not, [one.msg for one in found if one.id == MISSING] + redis_problems())


def _failing(*, database: bool) -> list[CheckMessage]:
    try:
        return failing(database=database)
    except DatabaseError:
        return failing(database=False)


def database_problems() -> list[str]:
    """Return why the database cannot be used: it is away, or its tables are not of this release."""
    given: dict[str, Any] = settings.DATABASES["default"]
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address: dict[str, Any] = {word: given[name] for word, name in known.items() if given[name]}
    own: dict[str, Any] = {"connect_timeout": PATIENCE, "options": f"-c statement_timeout={PATIENCE * 1000}"}
    try:
        with psycopg.connect(**(given["OPTIONS"] | address | own)) as connection:
            applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
    except psycopg.errors.UndefinedTable:
        return ["The database is empty: run manage.py prepare."]
    except psycopg.errors.InsufficientPrivilege:
        return ["The database lets this role read nothing: run manage.py prepare."]
    except psycopg.Error as error:
        return [f"The database does not answer ({type(error).__name__})."]
    pending = sorted(key for key in MigrationLoader(None).disk_migrations if key not in applied)
    if not pending:
        return []
    app, name = pending[0]
    return [f"{len(pending)} migrations are not applied, such as {app}.{name}: run manage.py prepare."]


def redis_problems() -> list[str]:
    """Return why Redis cannot be used. Pages work without it, and what is due moves later."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return [f"Redis does not answer ({type(error).__name__}): what is due moves when it is back."]
    return []


class HealthMiddleware:
    """Answers the three addresses before anything else looks at the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.addresses: dict[str, Callable[[HttpRequest], HttpResponse]] = {
            "/healthz": self.alive,
            "/readyz": self.ready,
            "/metrics": metrics,
        }
        self.last: tuple[float, Readiness] | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a GET of the three, and pass everything else on."""
        answer = self.addresses.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = answer(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    def alive(self, request: HttpRequest) -> HttpResponse:
        """Say that this process answers; it looks at nothing else."""
        return JsonResponse({"alive": True, "version": VERSION})

    def ready(self, request: HttpRequest) -> HttpResponse:
        """Answer 200 where this server can serve, 503 and why not where it cannot."""
        now = time.monotonic()
        if self.last is None or now - self.last[0] > FRESH_SECONDS:
            self.last = now, readiness()
        found = self.last[1]
        return JsonResponse(found.as_json(), status=503 if found.why_not else 200)
