"""Row-level security, tried from below: raw SQL as the web role."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from organisations.models import AuditEvent, Organisation, Person
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> tuple[Hospital, Hospital]:
    return (
        make_hospital(),
        make_hospital(name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361"),
    )


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def tenant_tables() -> list[str]:
    return [
        str(name)
        for (name,) in rows(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name = 'organisation_id' ORDER BY 1"
        )
    ] + ["organisations_organisation"]


def test_every_table_of_a_tenant_is_protected() -> None:
    protected = {
        name: (enabled, policies)
        for name, enabled, policies in rows(
            "SELECT c.relname, c.relrowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c WHERE c.relkind = 'r'"
        )
    }
    tables = tenant_tables()
    assert len(tables) >= 10
    for table in tables:
        enabled, policies = protected[table]
        assert enabled, table
        assert policies, table


def test_the_web_role_owns_nothing_and_cannot_get_around() -> None:
    [(user, superuser, bypass, inherits_owner)] = rows(
        "SELECT current_user, rolsuper, rolbypassrls, pg_has_role(current_user, 'ehportal_owner', 'MEMBER')"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert (user, superuser, bypass, inherits_owner) == ("ehportal_web", False, False, False)
    assert rows("SELECT relname FROM pg_class WHERE relowner = 'ehportal_web'::regrole") == []
    for statement in (
        "SET ROLE ehportal_owner",
        "ALTER TABLE organisations_person DISABLE ROW LEVEL SECURITY",
        "DROP POLICY organisations_person_named ON organisations_person",
        "CREATE TABLE escape (id int)",
        "TRUNCATE organisations_person CASCADE",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows(statement)


def test_raw_sql_sees_only_the_named_organisation(two: tuple[Hospital, Hospital]) -> None:
    ours, theirs = two
    with acting_for([ours.organisation.pk], as_platform=True):
        assert rows("SELECT id FROM organisations_organisation") == [(ours.organisation.pk,)]
        assert rows("SELECT id FROM organisations_person") == [(ours.holder.pk,)]
        assert (
            rows("SELECT id FROM organisations_person WHERE organisation_id = %s", theirs.organisation.pk)
            == []
        )
        assert (
            rows("SELECT 1 FROM organisations_auditevent WHERE organisation_id <> %s", ours.organisation.pk)
            == []
        )
    with acting_for([ours.organisation.pk, theirs.organisation.pk], as_platform=True):
        assert len(rows("SELECT id FROM organisations_person")) == 2


@pytest.mark.usefixtures("two")
def test_without_a_name_nothing_exists() -> None:
    for table in tenant_tables():
        assert rows(f"SELECT 1 FROM {table}") == [], table  # noqa: S608  # names come from the catalogue


def test_writing_into_another_tenant_is_refused(two: tuple[Hospital, Hospital]) -> None:
    ours, theirs = two
    with acting_for([ours.organisation.pk], as_platform=True):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows(
                "INSERT INTO organisations_organisationidentifier (id, organisation_id, type, value,"
                " registered_name, created_at) VALUES (%s, %s, 'CBE', '0406798006', '', now()) RETURNING 1",
                uuid4(),
                theirs.organisation.pk,
            )
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows(
                "UPDATE organisations_person SET organisation_id = %s WHERE id = %s RETURNING 1",
                theirs.organisation.pk,
                ours.holder.pk,
            )
        assert (
            rows("UPDATE organisations_person SET name = 'x' WHERE id = %s RETURNING 1", theirs.holder.pk)
            == []
        )
        assert rows("DELETE FROM organisations_mandate WHERE id = %s RETURNING 1", theirs.mandate.pk) == []
    with acting_for([theirs.organisation.pk], as_platform=True):
        assert Person.objects.get().name == "Peeters"


def test_the_name_ends_with_the_work(two: tuple[Hospital, Hospital]) -> None:
    ours, theirs = two
    with acting_for([ours.organisation.pk], as_platform=True):
        with pytest.raises(ZeroDivisionError), acting_for([theirs.organisation.pk], as_platform=True):
            raise ZeroDivisionError
        assert [o.pk for o in Organisation.objects.all()] == [ours.organisation.pk]
    assert not Organisation.objects.exists()


def test_the_record_takes_inserts_only(two: tuple[Hospital, Hospital], owner_url: str) -> None:
    ours, _ = two
    with acting_for([ours.organisation.pk], as_platform=True):
        event = record(
            ours.organisation,
            "tested",
            ours.holder,
            actor=Actor.platform(),
            now=datetime.now(UTC),
            fact="one",
        )
        for statement in (
            "UPDATE organisations_auditevent SET action = 'x'",
            "DELETE FROM organisations_auditevent",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                rows(statement)
        assert AuditEvent.objects.get(pk=event.pk).action == "tested"
    with psycopg.connect(owner_url) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("UPDATE organisations_auditevent SET action = 'x'")


OF_THE_QUEUE = (
    "TABLE(organisation_id uuid, id uuid, tries integer, claimed_at timestamp with time zone)",
    "TABLE(due bigint, oldest timestamp with time zone, leased bigint, failing bigint, parked bigint)",
    "TABLE(organisation_id uuid, id uuid, tries integer, failure jsonb, parked_at timestamp with time zone)",
)
"""What claiming, counting and showing of work return: ids and figures; a failure names an error and a line of ours."""
FORGETTING = "bigint"
"""How many rows were forgotten."""
OF_LISTS = {
    "ehportal_listed": "TABLE(organisation_id uuid, id uuid, revoked_at timestamp with time zone, reason text)",
    "ehportal_judge_by_list": "bigint",
    "ehportal_judges_somebody": "boolean",
    "ehportal_ask_alone": "bigint",
    "ehportal_share_issuers": "bigint",
}
"""Whom an authority's list names, with what it says of them to everybody; how many it judges, or were moved."""
OF_THE_INVENTORY = {
    "ehportal_gather_tallies": "bigint",
    "ehportal_count_ends": "bigint",
    "ehportal_last_ends": "TABLE(place bigint, last_end timestamp with time zone)",
}
"""How many rows stand for what was added up, and how many figures that makes; of an organisation that the transaction
named, when the last certificate of a name ends."""
OF_SERVICES = {"ehportal_go_on": "bigint"}
"""How much work goes on after an outage."""
OF_NOTICES = {"ehportal_look_at_all": "bigint"}
"""How many organisations are looked at sooner."""


OF_KEYS = {
    "ehportal_keys_of_organisations": "TABLE(place text, key text)",
    "ehportal_keys_of_certificates": "TABLE(place text, key text)",
    "ehportal_index_in_use": "text",
}
"""Names of columns and ids of keys; and which of the indexes that the caller could make is in use."""


def test_the_narrow_doors_return_ids_only(two: tuple[Hospital, Hospital]) -> None:
    ours, _ = two
    [(found,)] = rows("SELECT ehportal_organisations_of_card(%s)", ours.holder.ssin_index)
    assert ours.organisation.pk in found
    told = {
        name: str(definition).replace("TABLE(organisation_id uuid, id uuid)", "uuid").removeprefix("SETOF ")
        for name, definition in rows(
            "SELECT proname, pg_get_function_result(oid) FROM pg_proc WHERE proname LIKE 'ehportal%%' AND prosecdef"
            " AND prorettype <> 'trigger'::regtype"
        )
    }
    others = {name: what for name, what in told.items() if not what.startswith("uuid")}
    others = {name: what for name, what in others.items() if what not in OF_THE_QUEUE}
    figures = {name for name in others if name.startswith("ehportal_forget_")}
    assert {others.pop(name) for name in figures} == {FORGETTING}
    assert others == OF_KEYS | OF_LISTS | OF_THE_INVENTORY | OF_SERVICES | OF_NOTICES
