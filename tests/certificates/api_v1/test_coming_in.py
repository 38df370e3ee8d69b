"""Who comes in, how often, and how a refusal looks: the same at every address."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from deploy.stack import redis
from organisations.domain.mandates import belgian_day
from organisations.domain.scopes import Scope
from organisations.models import Connection
from organisations.services.audit import Actor
from organisations.services.credentials import counting
from organisations.services.credentials.connections import end_connection
from organisations.services.credentials.counting import Outcome, outcomes_of
from organisations.services.credentials.secrets import new_secret
from organisations.tenancy import acting_for
from tests.organisations.web.members import signed_in
from tests.support.connections import connect
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
NOWHERE = "00000000-0000-0000-0000-000000000001"
ADDRESSES = {
    "overview": Scope.SEE_CERTIFICATES,
    "certificates": Scope.SEE_CERTIFICATES,
    f"certificates/{NOWHERE}": Scope.SEE_CERTIFICATES,
    f"certificates/{NOWHERE}/pem": Scope.SEE_CERTIFICATES,
    f"certificates/{NOWHERE}/notices": Scope.SEE_CERTIFICATES,
    "requests": Scope.SEE_REQUESTS,
    "renewals": Scope.SEE_CERTIFICATES,
    "people": Scope.SEE_PEOPLE,
    f"people/{NOWHERE}/ssin": Scope.SEE_NUMBERS,
    "mandates": Scope.SEE_PEOPLE,
    "events": Scope.SEE_RECORD,
}


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"] == f"urn:ehportal:problem:{code}"
    return found


def test_every_address_asks_for_its_scope(hospital: Hospital) -> None:
    for address in ADDRESSES:
        problem(Client().get(f"/api/v1/{address}"), 401, "credentials_missing")
    other = connect(hospital, Scope.CARE, Scope.ASK_RENEWALS)
    for address, scope in ADDRESSES.items():
        assert problem(other.get(address), 403, "scope_missing")["scope"] == scope.value
    own = connect(hospital, name="all")
    for address in ADDRESSES:
        answer = own.get(address)
        if NOWHERE in address:
            problem(answer, 404, "not_found")
        else:
            assert answer.status_code == 200
            assert answer["Cache-Control"] == "private, no-store"


def test_nobody_comes_in_by_a_cookie(hospital: Hospital) -> None:
    answer = signed_in(hospital.administrator).get("/api/v1/certificates")
    problem(answer, 401, "credentials_missing")
    assert answer["WWW-Authenticate"] == 'Bearer realm="ehportal"'


def test_what_has_ended_opens_nothing(hospital: Hospital) -> None:
    made = connect(hospital)
    late = connect(hospital, name="late")
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        end_connection(made.connection, actor=Actor.user(hospital.administrator), now=datetime.now(UTC))
        yesterday = belgian_day(datetime.now(UTC)) - timedelta(days=1)
        Connection.objects.filter(pk=late.connection.pk).update(ends_on=yesterday)
    for secret in (made.secret, late.secret, new_secret(), "x", "ehp_", "eha_x~y~z"):
        answer = made.get("certificates", authorization=f"Bearer {secret}")
        problem(answer, 401, "credentials_refused")
        assert answer["WWW-Authenticate"] == 'Bearer realm="ehportal", error="invalid_token"'
    for given in ("Basic eDp5", "Bearer", f"Bearer {new_secret()} x", "é"):
        problem(made.get("certificates", authorization=given), 401, "credentials_refused")


def test_titles_come_in_the_language_that_was_asked_for(hospital: Hospital) -> None:
    said = {
        language: problem(
            Client().get("/api/v1/people", headers={"accept-language": language}), 401, "credentials_missing"
        )["title"]
        for language in ("nl", "fr", "de", "en")
    }
    assert len(set(said.values())) == 4
    assert said["en"].startswith("This call needs")


def test_the_edges_answer_with_problems_too(hospital: Hospital) -> None:
    system = connect(hospital)
    problem(system.get("nothing"), 404, "not_found")
    problem(system.get("/api/v2/certificates"), 404, "not_found")
    problem(system.get("certificates?nonsense=1"), 400, "query_refused")
    problem(system.get("certificates?q=%00"), 400, "query_refused")
    problem(system.get("certificates/%00"), 404, "not_found")
    problem(system.get("certificates?limit=0"), 400, "query_refused")
    problem(system.get("certificates?limit=10&limit=20"), 400, "query_refused")
    problem(system.get("certificates?after=bm9uc2Vuc2U"), 400, "cursor_refused")
    answer = system.call("DELETE", "certificates")
    assert answer.status_code == 405
    assert "DELETE" not in answer["Allow"]
    assert system.call("OPTIONS", "certificates").status_code == 405
    posted = Client().post(
        "/api/v1/renewals",
        "x=1",
        content_type="application/x-www-form-urlencoded",
        headers={"authorization": f"Bearer {system.secret}", "idempotency-key": "a"},
    )
    assert posted.status_code == 415


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, address = redis.start(tmp_path_factory.mktemp("redis"))
    yield address
    process.kill()
    process.wait()


@pytest.fixture
def counted(redis_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real Redis, and few calls a minute."""
    monkeypatch.setattr(counting, "_resting_until", 0.0)
    settings.CACHES = settings.CACHES | {"calls": settings.CACHES["calls"] | {"LOCATION": redis_url}}
    settings.API_CALLS_A_MINUTE = 3


def test_whoever_calls_too_often_is_told_when_to_come_again(
    hospital: Hospital, counted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, other = connect(hospital), connect(hospital, name="other")
    moment = datetime(2027, 3, 1, 12, 0, 20, tzinfo=UTC)
    monkeypatch.setattr("organisations.api.frame.view.timezone.now", lambda: moment)
    assert system.get("people")["RateLimit"] == '"calls";r=2;t=40'
    assert system.get("people?x=1")["RateLimit"] == '"calls";r=1;t=40'
    assert system.get("people")["RateLimit-Policy"] == '"calls";q=3;w=60'
    answer = system.get("people")
    problem(answer, 429, "too_many_calls")
    assert (answer["RateLimit"], answer["Retry-After"]) == ('"calls";r=0;t=40', "40")
    assert other.get("people").status_code == 200, "each connection has its own"
    assert outcomes_of(system.connection.pk, moment) == {
        Outcome.DONE: 2,
        Outcome.REFUSED: 1,
        Outcome.TOO_MANY: 1,
        Outcome.FAILED: 0,
    }


def test_without_redis_nobody_is_counted_and_nobody_refused(
    hospital: Hospital, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_resting_until", 0.0)
    settings.API_CALLS_A_MINUTE = 1
    system = connect(hospital)
    assert [system.get("people").status_code for _ in range(3)] == [200, 200, 200]
    assert outcomes_of(system.connection.pk, datetime.now(UTC)) is None
