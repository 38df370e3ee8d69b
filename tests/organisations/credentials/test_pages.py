"""Pages of connections: who sees them, the secret that is shown once, another one beside it, and the end."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certificates.services.reminders.notices import notices_of
from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.models import Connection
from organisations.services.notices.notice import Broken
from organisations.tenancy import acting_for
from tests.organisations.web.members import member, signed_in
from tests.support.connections import connect
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
LIST = "/organisation/connections/"
SECRET = re.compile(r"ehp_[0-9A-Za-z]{49}")


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


@pytest.fixture
def els(hospital: Hospital) -> Client:
    return signed_in(hospital.administrator)


def make(client: Client, **changes: Any) -> Any:
    form = {
        "name": "TOPdesk",
        "purpose": "Tickets for certificates that end",
        "contact": "ict@maasdal.example",
        "scopes": ["certificates.read", "renewals.ask"],
        "ends_on": (belgian_day(datetime.now(UTC)) + timedelta(days=300)).isoformat(),
    }
    return client.post(f"{LIST}new/", form | changes)


def secrets_in(answer: Any) -> list[str]:
    return sorted(set(SECRET.findall(answer.content.decode())))


def test_a_secret_is_shown_once_and_opens_the_api(hospital: Hospital, els: Client) -> None:
    answer = make(els)
    [secret] = secrets_in(answer)
    assert (
        f'curl -H "Authorization: Bearer {secret}" http://127.0.0.1:8000/api/v1/overview'
        in answer.content.decode()
    )
    assert "no-store" in answer["Cache-Control"]
    called = Client().get("/api/v1/overview", headers={"authorization": f"Bearer {secret}"})
    assert called.status_code == 200
    with acting_for([hospital.organisation.pk], as_platform=True):
        row = Connection.objects.get()
    shown = els.get(f"{LIST}{row.pk}/")
    assert not secrets_in(shown)
    assert f"ehp_…{secret[-4:]}" in shown.content.decode()
    assert "TOPdesk" in els.get(LIST).content.decode()


def test_what_was_typed_stays_when_it_is_refused(els: Client) -> None:
    answer = make(els, ends_on="2020-01-01", contact="x")
    assert answer.status_code == 422
    assert 'value="TOPdesk"' in answer.content.decode()
    make(els)
    assert make(els).status_code == 422, "the same name again"


def test_another_secret_beside_the_first_and_the_end(hospital: Hospital, els: Client) -> None:
    made = connect(hospital)
    page = f"{LIST}{made.connection.pk}/"
    [second] = secrets_in(els.post(f"{page}secret/", {"keep_days": "7"}))
    assert made.get("overview").status_code == 200
    ends = re.findall(r"/secrets/([0-9a-f-]{36})/end/", els.get(page).content.decode())
    assert len(ends) == 2
    els.post(f"{page}secrets/{ends[0]}/end/")
    assert made.get("overview").status_code == 401
    made.secret = second
    assert made.get("overview").status_code == 200
    assert els.post(f"{page}secret/", {"keep_days": "999"}, follow=True).status_code == 200
    assert els.post(f"{page}end/").status_code == 302
    assert made.get("overview").status_code == 401
    assert secrets_in(els.post(f"{page}secret/", {"keep_days": "7"}, follow=True)) == []


def test_only_administrators_of_this_organisation(hospital: Hospital) -> None:
    made = connect(hospital)
    page = f"{LIST}{made.connection.pk}/"
    viewer = signed_in(member(hospital.organisation, Role.VIEWER, Role.AUDITOR))
    assert [viewer.get(path).status_code for path in (LIST, f"{LIST}new/", page)] == [403, 403, 403]
    assert viewer.post(f"{page}end/").status_code == 403
    other = signed_in(make_hospital(cbe="0419052272", ssin="72020290081").administrator)
    assert other.get(page).status_code == 404
    assert other.post(f"{page}secret/", {"keep_days": "7"}).status_code == 404
    assert Client().get(page).status_code == 302


def test_as_many_queries_for_many(hospital: Hospital, els: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(database) as captured:
            els.get(LIST)
        return len(captured)

    connect(hospital)
    few = asked()
    for number in range(4):
        connect(hospital, name=f"S{number}")
    assert asked() == few


def test_administrators_are_told_before_the_last_day(hospital: Hospital) -> None:
    now = datetime.now(UTC)
    near = connect(hospital, ends_on=belgian_day(now) + timedelta(days=13))
    connect(hospital, name="far", ends_on=belgian_day(now) + timedelta(days=40))
    broken: Broken = []
    with acting_for([hospital.organisation.pk], as_platform=True):
        found = [one for one in notices_of(hospital.organisation, now, broken) if one.kind == "connection"]
    assert not broken
    assert [(one.subject.pk, one.step) for one in found] == [(near.connection.pk, 14)]
    assert found[0].readers == (hospital.administrator,)
    assert "TOPdesk" in found[0].write(hospital.administrator).title


def test_who_sends_twice_gets_one_secret_and_ends_none(hospital: Hospital, els: Client) -> None:
    """A double click, or the page shown again, must not end the secret that is in use."""
    system = connect(hospital)
    page = f"{LIST}{system.connection.pk}/"
    seen = re.search(r'name="seen" value="([^"]+)"', els.get(page).content.decode())
    assert seen is not None
    form = {"keep_days": "7", "seen": seen[1]}
    assert len(secrets_in(els.post(f"{page}secret/", form))) == 1
    assert secrets_in(els.post(f"{page}secret/", form, follow=True)) == []
    assert system.get("overview").status_code == 200
