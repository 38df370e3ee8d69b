"""`/healthz`, `/readyz`, `/metrics` and the version: for who watches, without host, session or organisation."""

import os
import re
from typing import Any

import psycopg
import pytest
import pytest_django
from django.conf import settings as product
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from agent.wire.version import VERSION
from certificates.api.agent import Hello
from ehportal import logs
from ehportal.operation import health
from tests.environment import ROOT
from tests.support.hospital import make_hospital

pytestmark = pytest.mark.django_db
PERSON = "198.51.100.7"


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose checks pass and whose Redis answers."""
    monkeypatch.setattr(health, "failing", lambda database: [])
    monkeypatch.setattr(health, "redis_problems", lambda: [])


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/readyz")
    return response.status_code, response.json()


def test_alive_asks_for_nothing(client: Client, settings: pytest_django.Settings) -> None:
    settings.SECURE_SSL_REDIRECT = settings.BEHIND_PROXY = True
    settings.ALLOWED_HOSTS = ["certificaten.maasdal.example"]
    response = client.get("/healthz", HTTP_HOST="10.0.0.9", REMOTE_ADDR="")
    assert (response.status_code, response.json()) == (200, {"alive": True, "version": VERSION})
    assert response["Cache-Control"] == "no-store"
    assert client.post("/healthz").status_code == 405


def test_ready_when_all_is_well(client: Client, well: None) -> None:
    assert ready(client) == (200, {"ready": True, "why_not": [], "impaired": [], "version": VERSION})


def test_ready_without_redis_and_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "failing", lambda database: [])
    status, told = ready(client)
    assert (status, told["ready"]) == (200, True), "pages work without it"
    assert "Redis does not answer" in told["impaired"][0]


def test_a_failing_check_is_told(client: Client, well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.checks import Critical

    monkeypatch.setattr(health, "failing", lambda database: [Critical("EID_ANCHORS holds no root")])
    assert ready(client)[1]["why_not"] == ["EID_ANCHORS holds no root"]
    assert ready(client)[0] == 503


def test_a_database_that_is_away_is_told_without_its_address(
    client: Client, well: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = product.DATABASES["default"] | {"HOST": "/nowhere", "PASSWORD": "geheim"}
    monkeypatch.setitem(product.DATABASES, "default", away)
    status, told = ready(client)
    assert status == 503
    assert told["why_not"] == ["The database does not answer (OperationalError)."]


def test_migrations_that_are_not_applied_are_told(
    client: Client, well: None, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = MigrationLoader(None).disk_migrations

    class Newer:
        disk_migrations = known | {("organisations", "9999_tomorrow"): None}

        def __init__(self, connection: None) -> None:
            pass

    monkeypatch.setattr(health, "MigrationLoader", Newer)
    status, told = ready(client)
    assert status == 503
    assert told["why_not"] == [
        "1 migrations are not applied, such as organisations.9999_tomorrow: run manage.py prepare."
    ]


def test_an_empty_database_is_told(
    client: Client, well: None, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"ehportal_empty_{os.getpid()}"
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            empty = product.DATABASES["default"] | {"NAME": name}
            monkeypatch.setitem(product.DATABASES, "default", empty)
            assert ready(client)[1]["why_not"] == ["The database is empty: run manage.py prepare."]
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_asking_often_looks_once(client: Client, well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def look() -> list[str]:
        looked.append(1)
        return []

    monkeypatch.setattr(health, "database_problems", look)
    monkeypatch.setattr(health, "FRESH_SECONDS", 3600)
    for _ in range(20):
        assert ready(client)[0] == 200
    assert len(looked) == 1


def test_metrics_are_for_this_machine_and_for_who_shows_the_token(
    client: Client, settings: pytest_django.Settings
) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-operator"
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 200, "over the socket"
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 404
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR=PERSON).status_code == 404, (
        "the proxy asks for somebody else"
    )
    for given, status in (
        ("Bearer a-token-of-the-operator", 200),
        ("Bearer another", 404),
        ("a-token-of-the-operator", 404),
        ("Bearer ", 404),
    ):
        assert (
            client.get("/metrics", HTTP_AUTHORIZATION=given, HTTP_X_FORWARDED_FOR=PERSON).status_code
            == status
        )
    settings.METRICS_TOKEN = ""
    assert (
        client.get("/metrics", HTTP_AUTHORIZATION="Bearer ", HTTP_X_FORWARDED_FOR=PERSON).status_code == 404
    )


def value(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} ([\d.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_requests_sign_ins_and_version_are_counted_and_nobody_is_named(client: Client) -> None:
    hospital = make_hospital()
    before = client.get("/metrics").content.decode()
    client.get("/agent/v1/hello")
    client.post("/accounts/login/", {"login": "nobody@maasdal.example", "password": "wrong"})
    after = client.get("/metrics").content.decode()
    for name, more in (
        ('ehportal_http_requests_total{method="GET",route="agent-hello",status="200"}', 1),
        ('ehportal_http_seconds_count{route="agent-hello"}', 1),
        ('ehportal_sign_ins_total{outcome="refused"}', 1),
    ):
        assert value(after, name) == value(before, name) + more, name
    assert f'ehportal_version{{version="{VERSION}"}} 1.0' in after
    for secret in ("maasdal", str(hospital.organisation.pk)):
        assert secret not in after


def test_one_version_is_shown_everywhere(client: Client) -> None:
    assert f"ehportal {VERSION}" in client.get("/accounts/login/").content.decode()
    assert client.get("/agent/v1/hello").json()["version"] == VERSION
    assert Hello.untenanted
    assert logs.add_version(None, "", {})["version"] == VERSION
    told = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first = re.search(r"^## (\d\S+)", told, re.MULTILINE)
    assert first is not None
    assert first[1] == VERSION
    for project in ("pyproject.toml", "agent/pyproject.toml"):
        assert 'dynamic = ["version"]' in (ROOT / project).read_text("utf-8")
