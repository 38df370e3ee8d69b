"""One version follows another: what changed is kept, and operators are taken up by a person, once."""

from datetime import UTC, datetime

import pytest

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import Purpose, Refusal
from certificates.models import ListChange, ListOperator, ListVersion, PlatformCertificate, WatchedList
from certificates.services.trusted.operators import decide
from certificates.services.trusted.stores import store_of
from certificates.services.trusted.watch import ask_now, plan_lists
from organisations.domain.roles import Role
from organisations.models import User
from tests.certificates.trusted.conftest import Lists
from tests.organisations.web.members import member
from tests.support.hospital import make_hospital

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[tuple[str, str]]:
    newest = ListVersion.objects.filter(list__kind=kind, list__environment="production").first()
    return list(ListChange.objects.filter(version=newest).values_list("kind", "name"))


def test_each_change_is_one_line(lists: Lists) -> None:
    lists.fetch("transport")
    assert told("transport") == [], "there was nothing to compare with"
    web = "Sandbox Web CA 2025 production"
    for deed, name, expected in (
        ("withdraw", web, "withdrawn"),
        ("restore", web, "restored"),
        ("replace", web, "replaced"),
        ("extend", web, "extension"),
        ("add", "Sandbox Web CA 2027", "added"),
        ("remove", "Sandbox Web CA 2027", "gone"),
    ):
        lists.change("transport", deed, name)
        lists.fetch("transport")
        assert told("transport") == [(expected, name)]
    lists.change("transport", "status", web, status="somethingnew")
    lists.fetch("transport")
    assert told("transport") == [("unknown_status", web)]
    lists.change("transport", "issue")
    lists.fetch("transport")
    assert told("transport") == []


def test_every_version_is_kept_as_it_came(lists: Lists) -> None:
    lists.fetch("person")
    lists.change("person", "issue")
    lists.fetch("person")
    versions = list(ListVersion.objects.filter(list__kind="person", list__environment="production"))
    assert [one.sequence for one in versions] == [versions[1].sequence + 1, versions[1].sequence]
    assert all(bytes(one.content).startswith(b"<?xml") for one in versions)


def test_the_same_list_again_changes_nothing(lists: Lists) -> None:
    lists.fetch("person")
    before = ListVersion.objects.count()
    row = lists.fetch("person")
    assert ListVersion.objects.count() == before
    assert row.confirmed_at is not None
    assert row.next_attempt_at is not None


def someone() -> User:
    return member(make_hospital().organisation, Role.VIEWER, name="Kaat Operator")


def test_a_new_operator_counts_once_a_person_said_yes(lists: Lists) -> None:
    lists.fetch()
    lists.change("application", "announce")
    lists.fetch("application")
    [(kind, _name)] = told("application")
    assert kind == "operator"
    asked = ListOperator.objects.get(environment="production")
    lists.sandbox.control_post("/control/lists/production/operator")
    assert lists.fetch("person").refusal == Refusal.STRANGER
    before = store_of(Environment.PRODUCTION, Purpose.OPERATORS, datetime.now(UTC))
    by = someone()
    assert decide(asked.pk, accept=True, by=by, now=datetime.now(UTC))
    assert not decide(asked.pk, accept=False, by=by, now=datetime.now(UTC))
    assert lists.fetch("person").refusal == ""
    after = store_of(Environment.PRODUCTION, Purpose.OPERATORS, datetime.now(UTC))
    assert len(after.entries) == len(before.entries) + 1
    lists.fetch("application")
    assert ListOperator.objects.filter(environment="production", accepted_at=None).count() == 0, "asked once"


def test_one_that_was_declined_never_signs(lists: Lists) -> None:
    lists.fetch()
    lists.change("application", "announce")
    lists.fetch("application")
    asked = ListOperator.objects.get(environment="production", accepted_at=None, declined_at=None)
    assert decide(asked.pk, accept=False, by=someone(), now=datetime.now(UTC))
    lists.fetch("application")
    assert not ListOperator.objects.filter(declined_at=None).exists()


def test_lists_are_watched_where_an_address_is_configured(lists: Lists, settings: object) -> None:
    assert WatchedList.objects.exclude(next_attempt_at=None).count() == 6
    settings.TSL_ADDRESSES = {"production": "", "acceptance": "http://127.0.0.1:1"}  # type: ignore[attr-defined]
    plan_lists(datetime.now(UTC))
    assert WatchedList.objects.exclude(next_attempt_at=None).count() == 3
    row = WatchedList.objects.get(environment="production", kind="person")
    assert not ask_now(row.pk)


def test_the_platforms_own_certificates_are_noted(lists: Lists) -> None:
    lists.fetch()
    found = PlatformCertificate.objects.filter(environment="production").in_use_order()
    assert [(one.use, one.source) for one in found] == [
        ("sessions", "settings"),
        ("timestamps", "list"),
        ("tls", "list"),
    ] or len(found) >= 3
    lists.fetch()
    assert PlatformCertificate.objects.filter(environment="production").count() == len(found)
