"""Every table is said to be a tenant's or nobody's, and PostgreSQL keeps those of tenants as it is said."""

import pytest
from django.db import connection

from tests.organisations.tables.classified import NOBODYS, TENANTS, UNREACHABLE, Policy

pytestmark = pytest.mark.django_db
WORDS_OF_A_REASON = 5


def rows(query: str, *values: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def tables() -> set[str]:
    """Everything with rows: tables, partitioned ones, foreign ones, and views of them."""
    return {
        name
        for (name,) in rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'f', 'v', 'm')"
        )
    }


def policies() -> dict[str, dict[str, Policy]]:
    found: dict[str, dict[str, Policy]] = {}
    for table, name, permissive, roles, command, using, check in rows(
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public'"
    ):
        assert roles == "{public}", (name, "holds for everybody")
        found.setdefault(table, {})[name.removeprefix(f"{table}_")] = Policy(
            " ".join(using.split()),
            " ".join(check.split()) if check else None,
            restrictive=permissive == "RESTRICTIVE",
            command=command,
        )
    return found


def test_every_table_is_classified_once() -> None:
    assert tables() == TENANTS.keys() | NOBODYS.keys(), "write a new table down in classified.py"
    assert TENANTS.keys() & NOBODYS.keys() == set()
    for table, reason in NOBODYS.items():
        assert reason.endswith("."), table
        assert len(reason.split()) >= WORDS_OF_A_REASON, table


def test_a_table_that_names_an_organisation_is_a_tenants() -> None:
    naming = {
        table
        for (table,) in rows(
            "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = 'organisation_id'"
        )
    }
    assert naming - TENANTS.keys() == UNREACHABLE
    assert TENANTS.keys() - naming == {"organisations_organisation"}


def test_tables_of_tenants_have_the_policies_that_are_written_down() -> None:
    there = policies()
    for table, expected in TENANTS.items():
        assert there.get(table) == expected, table
    assert there.keys() == TENANTS.keys()


def test_row_security_is_on_where_it_is_said() -> None:
    on = {
        name
        for (name,) in rows("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')")
    }
    assert on == TENANTS.keys() | UNREACHABLE
    for table in UNREACHABLE:
        [(readable,)] = rows(
            "SELECT has_table_privilege('ehportal_web', %s, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
            table,
        )
        assert not readable, table


def test_a_row_of_a_tenant_stays_there_by_a_trigger() -> None:
    guarded = {
        table
        for (table,) in rows(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'stays_in_organisation' AND tgenabled = 'O'"
        )
    }
    assert guarded == TENANTS.keys() - {"organisations_organisation"}


def test_a_table_that_nobody_wrote_down_is_seen(owner_url: str) -> None:
    """The test itself: a table that is in neither list is found, and one without its policy differs."""
    import psycopg

    with psycopg.connect(owner_url) as owner:
        owner.execute("CREATE TABLE new_things (id uuid PRIMARY KEY, organisation_id uuid NOT NULL)")
        there = owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
        assert {name for (name,) in there} - (TENANTS.keys() | NOBODYS.keys()) == {"new_things"}
        owner.rollback()
    changed = dict(TENANTS["organisations_person"])
    del changed["private"]
    assert policies()["organisations_person"] != changed
