"""Signing in: limits that nobody can flush, codes that serve once, and colleagues who mistype."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings

from organisations.domain.roles import Role
from organisations.models import User
from tests.organisations.web.members import code_of, give_second_factor, member
from tests.support.hospital import Hospital

PASSWORD = "een-lang-woord-77"
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def koen(hospital: Hospital) -> User:
    user = member(hospital.organisation, Role.VIEWER)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(email: str, password: str = PASSWORD, *, client: Client | None = None, **extra: Any) -> str:
    """Post the sign-in form; returns where it leads, empty when it is refused."""
    answer = (client or Client()).post("/accounts/login/", {"login": email, "password": password}, **extra)
    return str(answer.headers.get("Location", ""))


def flood(times: int) -> None:
    """What somebody without an account can do: try addresses, from as many places as there are."""
    for one in range(times):
        sign_in(f"nobody{one}@elsewhere.example", REMOTE_ADDR=f"203.0.113.{one % 200}")


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ehportal_cache")
        return int(cursor.fetchone()[0])


def test_failures_of_colleagues_keep_nobody_out(koen: User) -> None:
    for one in range(11):
        assert sign_in(f"colleague{one}@maasdal.example", "wrong") == ""
    assert sign_in(koen.email) != ""


def test_a_password_is_not_guessed(koen: User) -> None:
    for _ in range(5):
        assert sign_in(koen.email, "wrong", REMOTE_ADDR=ELSEWHERE) == ""
    assert sign_in(koen.email, PASSWORD, REMOTE_ADDR=ELSEWHERE) == "", "the sixth is not even looked at"


def test_who_fails_elsewhere_locks_nobody_out_here(koen: User) -> None:
    for one in range(30):
        sign_in(koen.email, "wrong", REMOTE_ADDR=f"203.0.113.{one % 6}")
    assert sign_in(koen.email) != ""


def test_a_limit_survives_anonymous_posts(koen: User) -> None:
    for _ in range(5):
        sign_in(koen.email, "wrong")
    flood(400)
    assert rows() > 400, "what counts is still there"
    assert sign_in(koen.email) == ""


def test_a_code_serves_once_whatever_is_posted_meanwhile(koen: User) -> None:
    secret = give_second_factor(koen)
    code = code_of(secret)

    def second_step() -> int:
        client = Client()
        assert sign_in(koen.email, client=client) == "/accounts/2fa/authenticate/"
        return int(client.post("/accounts/2fa/authenticate/", {"code": code}).status_code)

    assert second_step() == 302
    for one in range(400):
        cache.set(f"flood-{one}", "x", 60)
    assert second_step() == 200, "the same code is refused"


def test_what_has_expired_makes_room(db: None) -> None:
    cache.set("lasting", "x", 600)
    for one in range(350):
        cache.set(f"short-{one}", "x", 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ehportal_cache SET expires = now() - interval '1 hour' WHERE cache_key LIKE '%short%'"
        )
    cache.set("new", "x", 600)
    assert (cache.get("lasting"), cache.get("new")) == ("x", "x")
    assert rows() == 2


def test_behind_a_proxy_each_person_has_the_own_limit(koen: User, settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/ip"}
    for _ in range(4):
        sign_in("someone@elsewhere.example", "wrong", HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert sign_in(koen.email, HTTP_X_FORWARDED_FOR="198.51.100.7") == ""
    assert sign_in(koen.email, HTTP_X_FORWARDED_FOR="198.51.100.8") != ""
    assert sign_in(koen.email, HTTP_X_FORWARDED_FOR="198.51.100.8, 198.51.100.7") == "", (
        "the proxy's word counts"
    )


def test_who_is_asked_too_often_reads_our_page(koen: User, settings: Settings, client: Client) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "1/m/ip"}
    client.cookies["django_language"] = "nl"
    for _ in range(2):
        answer = client.post("/accounts/password/reset/", {"email": koen.email})
    assert answer.status_code == 429
    assert "Een ogenblik, alstublieft" in answer.content.decode()


def test_the_second_step_is_asked_again_after_a_while(koen: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has just signed in sets the second step up; a session that was left open does not."""
    client = Client()
    sign_in(koen.email, client=client)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    now = time.time()
    monkeypatch.setattr("organisations.web.accounts.adapter.time.time", lambda: now + 600)
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith("/accounts/reauthenticate/")
