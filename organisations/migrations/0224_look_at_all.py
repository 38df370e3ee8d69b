"""What happens to all organisations at once is looked for in all of them within seconds, not at their next look."""

from django.conf import settings
from django.db import migrations

ROLE = settings.DATABASE_WEB_ROLE


class Migration(migrations.Migration):
    dependencies = [("organisations", "0223_forget_correspondents")]

    operations = [
        migrations.RunSQL(
            sql=[
                """
                CREATE FUNCTION ehportal_look_at_all(within interval) RETURNS bigint
                    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
                DECLARE
                    woken bigint;
                BEGIN
                    -- In the order of keys, as whoever else locks several; each within its own moment.
                    WITH later AS (
                        SELECT id FROM organisations_organisation
                        WHERE reminders_due_at > clock_timestamp() + within ORDER BY id FOR NO KEY UPDATE
                    )
                    UPDATE organisations_organisation AS one
                        SET reminders_due_at = clock_timestamp() + random() * within
                        FROM later WHERE later.id = one.id;
                    GET DIAGNOSTICS woken = ROW_COUNT;
                    RETURN woken;
                END $$;""",
                "REVOKE ALL ON FUNCTION ehportal_look_at_all(interval) FROM PUBLIC;",
                f"GRANT EXECUTE ON FUNCTION ehportal_look_at_all(interval) TO {ROLE};",
            ],
            reverse_sql="DROP FUNCTION ehportal_look_at_all(interval);",
        ),
    ]
