"""A row never leads into another organisation, whoever writes the SQL; nor does it move there."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from organisations.models import Mandate
from organisations.row_security import name_of_guard
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> tuple[Hospital, Hospital]:
    return (
        make_hospital(),
        make_hospital(name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361"),
    )


def of_a_tenant(model: type[models.Model]) -> bool:
    return any(field.column == "organisation_id" for field in model._meta.concrete_fields)


def references() -> list[tuple[str, str, str]]:
    """Every foreign key from one tenant table to another: table, column, table referred to."""
    return [
        (model._meta.db_table, str(field.column), field.related_model._meta.db_table)
        for model in apps.get_models()
        if of_a_tenant(model)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and of_a_tenant(field.related_model)
        if field.db_constraint or writable(model)  # type: ignore[attr-defined]  # missing in the types
    ]


def writable(model: type[models.Model]) -> bool:
    """Tell whether anybody but triggers, which copy a row's own columns, writes such a table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'INSERT, UPDATE')", [model._meta.db_table])
        [found] = cursor.fetchone()
    return bool(found)


def triggers() -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled = 'O'"
        )
        return {(table, name): definition for table, name, definition in cursor.fetchall()}


def test_every_reference_between_tenants_tables_is_guarded() -> None:
    there, found = triggers(), references()
    assert len(found) >= 20, "the enumeration sees the house"
    for table, column, parent in found:
        definition = there.get((table, name_of_guard(column)), "")
        assert f"ehportal_same_organisation('{column}', '{parent}')" in definition, (table, column)
        assert "AFTER INSERT OR UPDATE OF" in definition, (table, column)


def test_every_row_of_a_tenant_stays_there() -> None:
    there = triggers()
    tables = {model._meta.db_table for model in apps.get_models() if of_a_tenant(model)}
    assert {table for table in tables if (table, "stays_in_organisation") not in there} == set()


@pytest.mark.parametrize("column", ["person_id", "identifier_id"])
def test_a_mandate_never_names_what_is_another_organisations(
    two: tuple[Hospital, Hospital], column: str
) -> None:
    ours, theirs = two
    values = {"person_id": ours.holder.pk, "identifier_id": ours.identifier.pk}
    values[column] = {"person_id": theirs.holder.pk, "identifier_id": theirs.identifier.pk}[column]
    insert = (
        "INSERT INTO organisations_mandate (id, organisation_id, person_id, identifier_id, starts_on, reference,"
        " created_at) VALUES (%s, %s, %s, %s, %s, '', now())"
    )
    row: list[UUID | date] = [
        uuid4(),
        ours.organisation.pk,
        values["person_id"],
        values["identifier_id"],
        date(2026, 1, 1),
    ]
    for named in ([ours.organisation.pk], [ours.organisation.pk, theirs.organisation.pk]):
        with (
            acting_for(named, as_platform=True),
            pytest.raises(IntegrityError, match="another organisation"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(insert, row)
    with (
        acting_for([ours.organisation.pk], as_platform=True),
        pytest.raises(IntegrityError, match="another organisation"),
        transaction.atomic(),
    ):
        Mandate.objects.filter(pk=ours.mandate.pk).update(**{column: values[column]})
    with acting_for([ours.organisation.pk], as_platform=True):
        assert Mandate.objects.get().person_id == ours.holder.pk


def test_a_row_does_not_move_where_both_organisations_are_named(two: tuple[Hospital, Hospital]) -> None:
    ours, theirs = two
    with (
        acting_for([ours.organisation.pk, theirs.organisation.pk], as_platform=True),
        pytest.raises(IntegrityError, match="stays in its organisation"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE organisations_person SET organisation_id = %s WHERE id = %s",
            [theirs.organisation.pk, ours.holder.pk],
        )
