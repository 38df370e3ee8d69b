"""Row-level security of the tenants' tables, and the append-only record."""

from django.conf import settings
from django.db import migrations

from organisations.row_security import owner_function, protect

ROLE = settings.DATABASE_WEB_ROLE


class Migration(migrations.Migration):
    dependencies = [("organisations", "0001_tables")]

    operations = [
        protect("organisations_organisation", "id"),
        protect("organisations_organisationidentifier"),
        protect("organisations_person"),
        protect("organisations_mandate"),
        protect("organisations_auditevent"),
        protect("organisations_membership"),
        # Before any organisation is named, a signed-in user may read which memberships are his or hers.
        migrations.RunSQL(
            sql="""
                CREATE POLICY organisations_membership_own ON organisations_membership FOR SELECT
                    USING (user_id = (SELECT nullif(current_setting('ehportal.user', true), '')::uuid));
            """,
            reverse_sql="DROP POLICY organisations_membership_own ON organisations_membership;",
        ),
        owner_function(
            "ehportal_organisations_of_card",
            "card text",
            "uuid[]",
            """SELECT array_agg(DISTINCT organisation_id) FROM organisations_person
               WHERE ssin_index = card AND left_on IS NULL""",
            ROLE,
        ),
        migrations.RunSQL(
            sql=f"""
                REVOKE UPDATE, DELETE, TRUNCATE ON organisations_auditevent FROM {ROLE};
                CREATE FUNCTION ehportal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'the record is append-only' USING ERRCODE = 'insufficient_privilege';
                END $$;
                CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON organisations_auditevent
                    FOR EACH STATEMENT EXECUTE FUNCTION ehportal_refuse_change();
            """,
            reverse_sql=f"""
                DROP TRIGGER audit_append_only ON organisations_auditevent;
                DROP FUNCTION ehportal_refuse_change();
                GRANT UPDATE, DELETE ON organisations_auditevent TO {ROLE};
            """,
        ),
    ]
