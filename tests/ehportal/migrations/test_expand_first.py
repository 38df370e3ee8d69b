"""Every migration after those that are listed runs beside the release before it, or says why it need not."""

import re

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.ehportal.migrations.rules import faults

BASELINE = {"organisations": 62, "certificates": 61}
"""The last migration of each app from before the first release: nobody had a database to keep."""

REASONS: dict[tuple[str, str], str] = {}
"""(app, name) of a later migration that may do what is a fault all the same, and a sentence why."""
ENOUGH = 6
"""Words of a reason."""


def number_of(name: str) -> int:
    found = re.match(r"\d+", name)
    assert found, name
    return int(found[0])


def later() -> list[tuple[str, str]]:
    loader = MigrationLoader(None)
    return sorted(
        key for key in loader.disk_migrations if key[0] in BASELINE and number_of(key[1]) > BASELINE[key[0]]
    )


def test_later_migrations_expand_first() -> None:
    loader = MigrationLoader(None)
    found: dict[tuple[str, str], list[str]] = {}
    for key in later():
        migration = loader.disk_migrations[key]
        before = loader.project_state(key, at_end=False)
        if wrong := faults(key[0], migration.operations, before):
            found[key] = wrong
    assert {key: wrong for key, wrong in found.items() if key not in REASONS} == {}
    assert REASONS.keys() <= found.keys(), "a reason for what is no fault"
    for key, reason in REASONS.items():
        assert reason.endswith("."), key
        assert len(reason.split()) >= ENOUGH, key


def test_every_app_of_ours_has_a_baseline() -> None:
    rooms = {"organisations", "certificates", "ehportal"}
    ours = {config.label for config in apps.get_app_configs() if config.name.split(".")[0] in rooms}
    assert {app for app, _name in MigrationLoader(None).disk_migrations if app in ours} == BASELINE.keys()


# --- the rules themselves

INDEX = models.Index(fields=["name"], name="thing_by_name")
UNIQUE = models.UniqueConstraint(fields=["name"], name="thing_once")
CASES: list[tuple[Operation, str]] = [
    (migrations.AddIndex("thing", INDEX), "index that is not made concurrently"),
    (AddIndexConcurrently("thing", INDEX), ""),
    (migrations.AddConstraint("thing", UNIQUE), "constraint that reads every row"),
    (migrations.AddField("thing", "size", models.IntegerField(default=0)), "does not fill"),
    (migrations.AddField("thing", "size", models.IntegerField(db_default=0)), ""),
    (migrations.AddField("thing", "size", models.IntegerField(null=True)), ""),
    (migrations.AddField("thing", "size", models.IntegerField(null=True, db_index=True)), "not made concurrently"),
    (migrations.AddField("thing", "size", models.PositiveIntegerField(null=True)), "every row"),
    (migrations.AddField("thing", "other", models.ForeignKey("things.Thing", null=True, on_delete=models.PROTECT)), "not made concurrently"),
    (migrations.AlterField("thing", "note", models.TextField()), "does not fill"),
    (migrations.AlterField("thing", "note", models.IntegerField(null=True)), "another type"),
    (migrations.AlterField("thing", "name", models.TextField(unique=True)), "not made concurrently"),
    (migrations.AlterField("thing", "name", models.TextField(null=True)), ""),
    (migrations.RemoveField("thing", "note"), "still uses it"),
    (migrations.DeleteModel("Thing"), "still uses it"),
    (migrations.RenameField("thing", "note", "remark"), "does not know"),
    (migrations.RenameModel("Thing", "Matter"), "does not know"),
    (migrations.RunSQL("CREATE INDEX i ON things_thing (name)"), "not made concurrently"),
    (migrations.RunSQL(["SELECT 1", "CREATE UNIQUE INDEX i ON things_thing (name)"]), "not made concurrently"),
    (migrations.RunSQL("CREATE INDEX CONCURRENTLY i ON things_thing (name)"), ""),
    (migrations.RunSQL("CREATE TABLE fresh (id int); CREATE INDEX i ON fresh (id)"), ""),
    (migrations.RunSQL("ALTER TABLE things_thing ADD COLUMN a int NOT NULL"), "does not fill"),
    (migrations.RunSQL("ALTER TABLE things_thing ADD COLUMN a int NOT NULL DEFAULT 0"), ""),
    (migrations.RunSQL("ALTER TABLE things_thing ADD COLUMN a int DEFAULT 0 NOT NULL"), ""),
    (migrations.RunSQL("ALTER TABLE things_thing ADD COLUMN a int CHECK (a >= 0)"), "every row"),
    (migrations.RunSQL("ALTER TABLE things_thing ADD CONSTRAINT c CHECK (a >= 0)"), "every row"),
    (migrations.RunSQL("ALTER TABLE things_thing ADD CONSTRAINT c CHECK (a >= (0)) NOT VALID"), ""),
    (migrations.RunSQL("CREATE TABLE fresh (id int CHECK (id > 0))"), ""),
    (migrations.RunSQL("CREATE POLICY p ON things_thing USING (true) WITH CHECK (true)"), ""),
    (migrations.RunSQL("ALTER TABLE things_thing ALTER COLUMN note SET NOT NULL"), "does not fill"),
    (migrations.RunSQL("ALTER TABLE things_thing DROP COLUMN note"), "still uses it"),
    (migrations.RunSQL("ALTER TABLE things_thing RENAME TO matter"), "still uses it"),
    (migrations.SeparateDatabaseAndState([migrations.RunSQL("DROP TABLE things_thing")]), "still uses it"),
    (migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Thing")]), ""),
]  # fmt: skip


def things() -> list[Operation]:
    return [
        migrations.CreateModel(
            "Thing",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.TextField()),
                ("note", models.TextField(null=True)),
            ],
        )
    ]


@pytest.mark.parametrize(("operation", "said"), CASES)
def test_what_is_a_fault_on_a_table_that_is_there(operation: Operation, said: str) -> None:
    before = ProjectState()
    for one in things():
        one.state_forwards("things", before)
    found = faults("things", [operation], before)
    assert bool(found) is bool(said), found
    assert all(said in one for one in found)


@pytest.mark.parametrize(
    "operation", [one for one, said in CASES if "concurrently" in said or "fill" in said or "every row" in said]
)
def test_what_a_migration_makes_itself_may_get_what_it_needs(operation: Operation) -> None:
    if isinstance(operation, migrations.RunSQL) and "ALTER" in str(operation.sql):
        assert faults("things", [*things(), operation], ProjectState())
        return
    assert faults("things", [*things(), operation], ProjectState()) == []
