"""Connections: made, rotated with an overlap, ended; what a secret looks like; every step stands in the record."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from organisations.domain.mandates import belgian_day
from organisations.domain.roles import Role
from organisations.domain.scopes import Scope
from organisations.errors import ConnectionOver, ConnectionRefused, NotPermitted
from organisations.models import AuditEvent, Connection, ConnectionSecret
from organisations.services.audit import Actor
from organisations.services.credentials.connections import (
    Wanted,
    end_connection,
    end_secret,
    live_secrets,
    make_connection,
    rotate_secret,
)
from organisations.services.credentials.opening import open_by_secret
from organisations.services.credentials.secrets import is_secret, new_secret
from organisations.tenancy import acting_for
from tests.organisations.web.members import member
from tests.support.connections import connect, tenancy_in
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def events(hospital: Hospital) -> list[tuple[str, str, dict[str, Any]]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = AuditEvent.objects.filter(action__startswith="connection").order_by("happened_at", "id")
        return [(one.action, one.actor_name, one.details) for one in rows]


def test_a_secret_has_a_prefix_and_a_checksum_and_only_its_digest_is_kept(hospital: Hospital) -> None:
    made = connect(hospital)
    assert made.secret.startswith("ehp_")
    assert len(made.secret) == 53
    assert is_secret(made.secret)
    wrong = made.secret[:-1] + ("0" if made.secret[-1] != "0" else "1")
    assert not is_secret(wrong)
    with acting_for([hospital.organisation.pk], as_platform=True):
        [kept] = ConnectionSecret.objects.all()
    assert kept.digest == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret.endswith(kept.hint)
    assert len({new_secret() for _ in range(50)}) == 50
    with CaptureQueriesContext(database) as asked:
        assert open_by_secret(wrong, NOW) is None
    assert not asked.captured_queries, "what no checksum fits asks no database"


def test_a_connection_opens_its_own_organisation_until_its_last_day(hospital: Hospital) -> None:
    last = belgian_day(NOW) + 30 * DAY
    made = connect(hospital, Scope.SEE_CERTIFICATES, ends_on=last)
    found = open_by_secret(made.secret, NOW)
    assert found is not None
    assert found.organisation == hospital.organisation
    assert found.scopes == {Scope.SEE_CERTIFICATES}
    assert open_by_secret(made.secret, NOW + 29 * DAY) is not None
    assert open_by_secret(made.secret, NOW + 31 * DAY) is None
    assert open_by_secret(new_secret(), NOW) is None


def test_two_secrets_live_while_one_takes_over(hospital: Hospital) -> None:
    made = connect(hospital, now=NOW - DAY)
    actor = Actor.user(hospital.administrator)
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        second = rotate_secret(made.connection, keep_days=7, actor=actor, now=NOW - timedelta(hours=1))
    assert open_by_secret(made.secret, NOW + 6 * DAY) is not None
    assert open_by_secret(second, NOW + 6 * DAY) is not None
    assert open_by_secret(made.secret, NOW + 8 * DAY) is None
    assert open_by_secret(second, NOW + 8 * DAY) is not None
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        third = rotate_secret(made.connection, keep_days=1, actor=actor, now=NOW)
        assert len(live_secrets(made.connection, NOW)) == 2
        [older, newer] = live_secrets(made.connection, NOW)
        assert (older.ends_at, newer.ends_at) == (NOW + DAY, None)
        end_secret(made.connection, older, actor=actor, now=NOW + timedelta(seconds=1))
        end_secret(made.connection, older, actor=actor, now=NOW + timedelta(seconds=2))
    assert open_by_secret(made.secret, NOW) is None, "of three the oldest stops at once"
    assert open_by_secret(second, NOW + timedelta(minutes=1)) is None, "this one was stopped"
    assert open_by_secret(third, NOW + timedelta(minutes=1)) is not None
    assert [what for what, _who, _facts in events(hospital)] == [
        "connection_made",
        "connection_secret_made",
        "connection_secret_made",
        "connection_secret_ended",
    ]


def test_ending_it_ends_everything_that_came_of_it(hospital: Hospital) -> None:
    made = connect(hospital, now=NOW - DAY)
    actor = Actor.user(hospital.administrator)
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        end_connection(made.connection, actor=actor, now=NOW)
        end_connection(made.connection, actor=actor, now=NOW)
        with pytest.raises(ConnectionOver):
            rotate_secret(made.connection, keep_days=1, actor=actor, now=NOW)
    assert open_by_secret(made.secret, NOW) is None
    assert [(what, who) for what, who, _facts in events(hospital)] == [
        ("connection_made", "Els Wouters"),
        ("connection_ended", "Els Wouters"),
    ]
    assert made.secret not in str(events(hospital))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 61),
        ("purpose", ""),
        ("contact", "nobody"),
        ("scopes", ()),
        ("ends_on", belgian_day(NOW) - DAY),
        ("ends_on", belgian_day(NOW) + timedelta(days=740)),
    ],
)
def test_what_is_refused(hospital: Hospital, field: str, value: object) -> None:
    values: dict[str, Any] = {
        "name": "Zabbix",
        "purpose": "Watches ends",
        "contact": "ict@maasdal.example",
        "scopes": [Scope.SEE_CERTIFICATES],
        "ends_on": belgian_day(NOW),
    }
    tenancy = tenancy_in(hospital.organisation, hospital.administrator)
    with (
        acting_for([hospital.organisation.pk], user=hospital.administrator.pk),
        pytest.raises(ConnectionRefused) as refusal,
    ):
        make_connection(tenancy, Wanted(**(values | {field: value})), now=NOW)
    assert refusal.value.extra["field"] == field


def test_only_administrators_make_one(hospital: Hospital) -> None:
    viewer = member(hospital.organisation, Role.VIEWER, Role.AUDITOR, Role.HOLDER)
    wanted = Wanted("Zabbix", "x", "a@b.example", [Scope.SEE_CERTIFICATES], belgian_day(NOW))
    tenancy = tenancy_in(hospital.organisation, viewer)
    with acting_for([hospital.organisation.pk], user=viewer.pk), pytest.raises(NotPermitted):
        make_connection(tenancy, wanted, now=NOW)


def test_last_use_is_written_at_most_every_five_minutes(hospital: Hospital) -> None:
    made = connect(hospital)

    def used_at() -> datetime | None:
        with acting_for([hospital.organisation.pk], as_platform=True):
            return Connection.objects.get(pk=made.connection.pk).last_used_at

    assert used_at() is None
    open_by_secret(made.secret, NOW)
    assert used_at() == NOW
    with CaptureQueriesContext(database) as asked:
        open_by_secret(made.secret, NOW + timedelta(minutes=4))
    assert not any(one["sql"].startswith("UPDATE") for one in asked.captured_queries)
    open_by_secret(made.secret, NOW + timedelta(minutes=6))
    assert used_at() == NOW + timedelta(minutes=6)


def test_it_answers_in_the_name_of_its_maker_and_else_of_an_administrator(hospital: Hospital) -> None:
    made = connect(hospital)
    other = member(hospital.organisation, Role.ADMINISTRATOR, name="Tom Maes")
    found = open_by_secret(made.secret, NOW)
    assert found is not None
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert found.answering == hospital.administrator
        hospital.administrator.memberships.all().delete()
    again = open_by_secret(made.secret, NOW)
    assert again is not None
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert again.answering == other
