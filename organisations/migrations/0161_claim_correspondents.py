"""Indexes and functions by which workers claim letters to correspondents; what each is told, it is told once."""

from django.conf import settings
from django.db import migrations, models

from organisations.claiming import claimable, leasable


def once(model: str, name: str, *fields: str) -> migrations.SeparateDatabaseAndState:
    """Add a unique constraint without keeping anybody from the table."""
    table = f"organisations_{model}"
    columns = ", ".join(f"{one}_id" if one in {"organisation", "correspondent"} else one for one in fields)
    return migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.AddConstraint(model, models.UniqueConstraint(fields=fields, name=name)),
        ],
        database_operations=[
            migrations.RunSQL(
                sql=[
                    f"DROP INDEX IF EXISTS {name};",
                    f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns});",
                    f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name};",
                ],
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
            )
        ],
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0160_correspondents")]

    operations = [
        *leasable("organisations_correspondent"),
        *claimable("correspondents", "organisations_correspondent", settings.DATABASE_WEB_ROLE),
        once("recipient", "recipient_once_a_correspondent", "organisation", "correspondent"),
        once(
            "reminder",
            "correspondent_told_once_a_step",
            *("organisation", "kind", "subject_id", "step", "correspondent"),
        ),
    ]
