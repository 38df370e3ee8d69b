"""Asking for revocation goes by when a certificate was last tried, which is written down before it is asked about."""

from importlib import import_module

from django.db import migrations, models
from django.db.models import F

_turns = import_module("certificates.migrations.0031_organisations_take_turns")


def _in_turns(column: str) -> str:
    return f"""SELECT due.organisation_id, due.id
               FROM organisations_organisation AS tenant
               CROSS JOIN LATERAL (
                 SELECT organisation_id, id, {column},
                        row_number() OVER (ORDER BY {column} NULLS FIRST, id) AS turn
                 FROM certificates_certificate
                 WHERE organisation_id = tenant.id AND {_turns.DUE}
                 ORDER BY {column} NULLS FIRST, id LIMIT most
               ) AS due
               ORDER BY due.turn, due.{column} NULLS FIRST, due.id LIMIT most"""


class Migration(migrations.Migration):
    dependencies = [("certificates", "0041_installations_by_themselves")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="revocation_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(
            "UPDATE certificates_certificate SET revocation_asked_at = revocation_checked_at"
            " WHERE revocation_checked_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(
                "organisation", F("revocation_asked_at").asc(nulls_first=True), name="certificate_by_turn"
            ),
        ),
        _turns.replaced(_in_turns("revocation_asked_at"), _in_turns("revocation_checked_at")),
        migrations.RemoveIndex(model_name="certificate", name="certificate_by_check"),
    ]
