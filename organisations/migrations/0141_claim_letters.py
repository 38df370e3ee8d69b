"""Indexes and functions by which workers claim letters; what waited in the rows of before is looked for at once."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0140_recipients")]

    operations = [
        *leasable("organisations_recipient"),
        *claimable(
            "burning_letters", "organisations_recipient", settings.DATABASE_WEB_ROLE, condition="burns"
        ),
        *claimable("letters", "organisations_recipient", settings.DATABASE_WEB_ROLE, condition="NOT burns"),
        migrations.RunSQL(
            sql=[
                "DROP INDEX IF EXISTS reminder_open;",
                "CREATE INDEX CONCURRENTLY reminder_open ON organisations_reminder (organisation_id, recipient_id)"
                " WHERE next_attempt_at IS NOT NULL;",
            ],
            reverse_sql="DROP INDEX IF EXISTS reminder_open;",
        ),
        migrations.RunSQL(
            sql="""
                UPDATE organisations_organisation AS tenant SET reminders_due_at = now()
                WHERE reminders_due_at > now() AND EXISTS (
                    SELECT 1 FROM organisations_reminder AS open
                    WHERE open.organisation_id = tenant.id AND open.next_attempt_at IS NOT NULL
                );
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
