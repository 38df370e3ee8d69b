"""Reminders have rows of their own now (organisations 0005): the columns and the door of the former ones go."""

from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("certificates", "0011_reminders"), ("organisations", "0005_reminders")]

    operations = [
        migrations.RunSQL(
            sql="DROP FUNCTION ehportal_waiting_tokens(timestamptz, integer);",
            reverse_sql=f"""
                CREATE FUNCTION ehportal_waiting_tokens(since timestamptz, most integer)
                    RETURNS TABLE (organisation_id uuid, id uuid)
                    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
                    SELECT organisation_id, id FROM certificates_encryptiontoken
                    WHERE state = 'waiting' AND reminded_at IS NULL AND state_since <= since
                    ORDER BY state_since LIMIT most $$;
                REVOKE ALL ON FUNCTION ehportal_waiting_tokens(timestamptz, integer) FROM PUBLIC;
                GRANT EXECUTE ON FUNCTION ehportal_waiting_tokens(timestamptz, integer)
                    TO {settings.DATABASE_WEB_ROLE};
            """,
        ),
        migrations.RemoveField(model_name="encryptiontoken", name="reminded_at"),
        migrations.RemoveField(model_name="foreignrequest", name="reminded_at"),
    ]
