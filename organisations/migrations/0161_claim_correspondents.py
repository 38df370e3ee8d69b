"""Indexes and functions by which workers claim letters to correspondents; what each is told, it is told once."""

from django.conf import settings
from django.db import migrations, models

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0160_correspondents")]

    operations = [
        *leasable("organisations_correspondent"),
        *claimable("correspondents", "organisations_correspondent", settings.DATABASE_WEB_ROLE),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    model_name="reminder",
                    constraint=models.UniqueConstraint(
                        fields=("organisation", "kind", "subject_id", "step", "correspondent"),
                        name="correspondent_told_once_a_step",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    sql=[
                        "DROP INDEX IF EXISTS correspondent_told_once_a_step;",
                        "CREATE UNIQUE INDEX CONCURRENTLY correspondent_told_once_a_step ON organisations_reminder"
                        " (organisation_id, kind, subject_id, step, correspondent_id);",
                        "ALTER TABLE organisations_reminder ADD CONSTRAINT correspondent_told_once_a_step"
                        " UNIQUE USING INDEX correspondent_told_once_a_step;",
                    ],
                    reverse_sql="ALTER TABLE organisations_reminder DROP CONSTRAINT correspondent_told_once_a_step;",
                )
            ],
        ),
    ]
