"""Asking for revocation goes round the organisations: what one brings in never stands before all the others'."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F

from organisations.row_security import owner_function

ARGUMENTS = "checked_before timestamptz, most integer"
RETURNS = "TABLE (organisation_id uuid, id uuid)"
DUE = """not_after > now() AND revocation_status <> 'revoked'
                 AND (revocation_checked_at IS NULL OR revocation_checked_at < checked_before)"""


def replaced(query: str, before: str) -> migrations.RunSQL:
    new = owner_function("ehportal_certificates_to_check", ARGUMENTS, RETURNS, query, settings.DATABASE_WEB_ROLE)
    old = owner_function("ehportal_certificates_to_check", ARGUMENTS, RETURNS, before, settings.DATABASE_WEB_ROLE)
    return migrations.RunSQL(sql=f"{new.reverse_sql} {new.sql}", reverse_sql=f"{new.reverse_sql} {old.sql}")


class Migration(migrations.Migration):
    dependencies = [("certificates", "0030_numbers_and_ends")]

    operations = [
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(
                "organisation", F("revocation_checked_at").asc(nulls_first=True), name="certificate_by_check"
            ),
        ),
        replaced(
            f"""SELECT due.organisation_id, due.id
               FROM organisations_organisation AS tenant
               CROSS JOIN LATERAL (
                 SELECT organisation_id, id, revocation_checked_at,
                        row_number() OVER (ORDER BY revocation_checked_at NULLS FIRST, id) AS turn
                 FROM certificates_certificate
                 WHERE organisation_id = tenant.id AND {DUE}
                 ORDER BY revocation_checked_at NULLS FIRST, id LIMIT most
               ) AS due
               ORDER BY due.turn, due.revocation_checked_at NULLS FIRST, due.id LIMIT most""",
            f"""SELECT organisation_id, id FROM certificates_certificate
               WHERE {DUE}
               ORDER BY revocation_checked_at NULLS FIRST LIMIT most""",
        ),
    ]
