"""Whose request it is: behind a proxy, on a socket, and where nobody vouches for it."""

from typing import Any

import pytest
import pytest_django
from django.test import Client, RequestFactory

from ehportal.operation.proxy import place_address

PERSON = "198.51.100.7"


def asked(**meta: Any) -> tuple[str, str]:
    request = RequestFactory().get("/", **meta)
    missing = place_address(request)
    return str(request.META["REMOTE_ADDR"]), missing


def test_without_a_proxy_it_is_who_connects(settings: pytest_django.Settings) -> None:
    settings.BEHIND_PROXY = False
    assert asked(REMOTE_ADDR=PERSON) == (PERSON, "")
    assert asked(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=PERSON) == ("127.0.0.1", "")


def test_a_socket_without_a_known_proxy_says_which_setting_is_missing(
    settings: pytest_django.Settings,
) -> None:
    settings.BEHIND_PROXY = False
    assert "BEHIND_PROXY=1" in asked(REMOTE_ADDR="")[1]


@pytest.mark.parametrize("connects", ["127.0.0.1", "10.0.0.2", ""])
@pytest.mark.parametrize(
    ("written", "person"),
    [
        (PERSON, PERSON),
        (f"203.0.113.9, {PERSON}", PERSON),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_behind_a_proxy_it_is_what_the_proxy_wrote_last(
    settings: pytest_django.Settings, connects: str, written: str, person: str
) -> None:
    settings.BEHIND_PROXY = True
    assert asked(REMOTE_ADDR=connects, HTTP_X_FORWARDED_FOR=written) == (person, "")


@pytest.mark.parametrize("written", ["", "unknown", f"{PERSON},", "127.0.0.1:80:80"])
def test_a_proxy_that_writes_no_address_is_told(settings: pytest_django.Settings, written: str) -> None:
    settings.BEHIND_PROXY = True
    assert "X-Forwarded-For" in asked(HTTP_X_FORWARDED_FOR=written)[1]


def test_a_proxy_that_does_not_say_https_makes_no_redirect_loop(settings: pytest_django.Settings) -> None:
    settings.BEHIND_PROXY = settings.SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = Client(HTTP_X_FORWARDED_FOR=PERSON)
    silent = client.get("/agent/v1/hello")
    assert silent.status_code == 400
    assert "X-Forwarded-Proto" in silent.content.decode()
    assert client.get("/agent/v1/hello", HTTP_X_FORWARDED_PROTO="http").status_code == 301
    assert client.get("/agent/v1/hello", HTTP_X_FORWARDED_PROTO="https").status_code == 200
