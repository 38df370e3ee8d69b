"""The token endpoint: client credentials of RFC 6749 4.4, its errors, and what its tokens open."""

import base64
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from organisations.domain.scopes import Scope
from organisations.services.audit import Actor
from organisations.services.credentials import access_tokens
from organisations.services.credentials.connections import end_connection
from organisations.tenancy import acting_for
from tests.support.connections import System, connect
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def system(hospital: Hospital) -> System:
    return connect(hospital, Scope.SEE_CERTIFICATES, Scope.SEE_REQUESTS)


def post(form: dict[str, str], **headers: str) -> Any:
    return Client().post("/oauth/token", urlencode(form), content_type=FORM, headers=headers)


def ask(system: System, *, header: bool = True, secret: str = "", **form: str) -> Any:
    body = {"grant_type": "client_credentials"} | form
    given, client = secret or system.secret, str(system.connection.pk)
    if not header:
        return post(body | {"client_id": client, "client_secret": given})
    pair = base64.b64encode(f"{client}:{given}".encode()).decode()
    return post(body, authorization=f"Basic {pair}")


def get(path: str, token: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("header", [True, False])
def test_a_token_opens_what_its_scopes_say(system: System, header: bool) -> None:
    answer = ask(system, header=header, scope="certificates.read")
    assert answer.status_code == 200
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    told = answer.json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 900
    assert told["scope"] == "certificates.read"
    assert get("certificates", told["access_token"]).status_code == 200
    refused = get("requests", told["access_token"])
    assert refused.status_code == 403
    assert 'error="insufficient_scope", scope="requests.read"' in refused["WWW-Authenticate"]


def test_without_a_scope_all_of_the_connection(system: System) -> None:
    told = ask(system).json()
    assert told["scope"] == "certificates.read requests.read"
    assert get("requests", told["access_token"]).status_code == 200


def test_the_errors_of_the_standard(system: System) -> None:
    assert ask(system, scope="people.read").json() == {"error": "invalid_scope"}
    assert ask(system, scope="nothing.known").json() == {"error": "invalid_scope"}
    assert ask(system, grant_type="password").json() == {"error": "unsupported_grant_type"}
    wrong = ask(system, secret="ehp_" + "x" * 49)
    assert (wrong.status_code, wrong.json()) == (401, {"error": "invalid_client"})
    assert wrong["WWW-Authenticate"].startswith("Basic ")
    both = post({"client_id": "x", "client_secret": "y"}, authorization="Basic eDp5")
    assert both.json() == {"error": "invalid_client"}
    twice = Client().post("/oauth/token", "grant_type=a&grant_type=b", content_type=FORM)
    assert twice.json() == {"error": "invalid_request"}
    assert Client().post("/oauth/token", {}, content_type="application/json").status_code == 400
    assert Client().get("/oauth/token").status_code == 405


def test_another_connections_secret_is_not_this_clients(hospital: Hospital, system: System) -> None:
    other = connect(hospital, name="Zabbix")
    assert ask(system, secret=other.secret).json() == {"error": "invalid_client"}


def test_a_token_ends_with_its_time_and_with_its_connection(
    hospital: Hospital, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = ask(system).json()["access_token"]
    now = timezone.now()
    assert access_tokens.open_token(token, now) is not None
    assert access_tokens.open_token(token, now + access_tokens.LIVES) is None
    assert access_tokens.open_token(f"{token}x", now) is None
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        end_connection(system.connection, actor=Actor.user(hospital.administrator), now=now)
    answer = get("certificates", token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert ask(system).json() == {"error": "invalid_client"}
