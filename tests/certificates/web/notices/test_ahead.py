"""The page of one certificate's notices: who will be told what, who was, and silence about it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from certificates.models import Mute
from organisations.domain.roles import Role
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.notices.test_wishes import desk, rules
from tests.certificates.reminders.test_reminders import remind
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital
from tests.support.mail_sink import MailSink, receiving_mail

DAYS = timedelta(days=1)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def today() -> datetime:
    return datetime.now(UTC)


def test_what_lies_ahead_is_shown_with_its_readers(viewer: Client, hospital: Hospital) -> None:
    rules(hospital, steps=[20], holders_from=20, correspondents=[desk(hospital).pk])
    one = shelve(hospital.organisation, "APP", 200)
    page = viewer.get(f"/certificates/{one.pk}/notices/").content.decode()
    lines = page.partition("<tbody>")[2].split("</tr>")[:-1]
    assert ["An Marie Peeters" in line for line in lines[:4]] == [False, True, True, True]
    assert all("Els Wouters" in line and "Service desk" in line for line in lines)
    assert all("Will be told" in line for line in lines)
    assert "20 days before the end" in lines[1]


def test_what_was_told_and_answered_stands_there(
    administrator: Client, hospital: Hospital, sink: MailSink
) -> None:
    one = shelve(hospital.organisation, "APP", 59)
    remind(hospital)
    page = administrator.get(f"/certificates/{one.pk}/notices/").content.decode()
    lines = page.partition("<tbody>")[2].split("</tr>")[:-1]
    assert "a later one says the same" in lines[0]
    assert "Told" in lines[1]
    assert "Will be told" in lines[2]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"revocation_status": "revoked"}, "nothing more is told"),
        ({"chain_trusted": False}, "nothing more is told"),
    ],
)
def test_what_is_over_needs_nothing(
    viewer: Client, hospital: Hospital, fields: dict[str, Any], words: str
) -> None:
    one = shelve(hospital.organisation, "APP", 20, **fields)
    page = viewer.get(f"/certificates/{one.pk}/notices/").content.decode()
    assert words in page
    assert "Will be told" not in page


def test_a_successor_ends_it(viewer: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APP", 20)
    shelve(hospital.organisation, "APP", 900)
    assert "Will be told" not in viewer.get(f"/certificates/{one.pk}/notices/").content.decode()


def test_silence_has_an_end_and_a_reason(administrator: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APP", 20)
    path = f"/certificates/{one.pk}/notices/"
    until = (today() + 5 * DAYS).date()
    for bad in (
        {"until": until.isoformat(), "reason": " "},
        {"until": "2020-01-01", "reason": "x"},
        {"until": "2999-01-01", "reason": "x"},
        {"until": "soon", "reason": "x"},
    ):
        assert administrator.post(path, bad).status_code == 422, bad
    page = administrator.post(
        path, {"until": until.isoformat(), "reason": "Wordt uitgezet, 85.07.30-033.28"}, follow=True
    ).content.decode()
    assert "Silent until" in page
    assert "85.07.30-033.28" not in page
    assert page.count("Will be told") > 0, "what comes after the silence is told"
    administrator.post(f"{path}tell")
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Mute.objects.count() == 0
        actions = AuditEvent.objects.filter(subject_id=one.pk).values_list("action", flat=True)
        assert {"certificate_muted", "certificate_unmuted"} <= set(actions)


def test_whoever_may_not_request_may_not_silence(viewer: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APP", 20)
    path = f"/certificates/{one.pk}/notices/"
    assert viewer.post(path, {"until": today().date().isoformat(), "reason": "x"}).status_code == 403
    assert viewer.post(f"{path}tell").status_code == 403
    assert "<textarea" not in viewer.get(path).content.decode()


def test_another_tenant_s_and_a_private_one_do_not_exist(
    administrator: Client, hospital: Hospital, other_hospital: Hospital
) -> None:
    theirs = shelve(other_hospital.organisation, "APP", 20)
    private = shelve(
        hospital.organisation, "", 20, identifier_type="SSIN", identifier_value="", ssin_index="x" * 64,
        owner=hospital.holder, private_to=hospital.holder_user,
    )  # fmt: skip
    for one in (theirs, private):
        assert administrator.get(f"/certificates/{one.pk}/notices/").status_code == 404
        assert administrator.post(f"/certificates/{one.pk}/notices/tell").status_code == 404
    assert Client().get(f"/certificates/{theirs.pk}/notices/").status_code == 302


def test_the_number_of_queries_does_not_grow(hospital: Hospital, sink: MailSink) -> None:
    client = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    one = shelve(hospital.organisation, "APP", 20)
    path = f"/certificates/{one.pk}/notices/"
    _page, few = own_queries(client, path)
    for days in (20, 13, 9, 6):
        remind(hospital, at=one.not_after - days * DAYS)
    assert own_queries(client, path)[1] <= few
