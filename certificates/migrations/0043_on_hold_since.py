"""Since when a certificate is suspended stands with it; of those that are, the record of events knows."""

from django.db import migrations, models

FORWARD = """
    UPDATE certificates_certificate c SET on_hold_since = told.since
      FROM (
        SELECT DISTINCT ON (subject_id) subject_id, (details ->> 'revoked_at')::timestamptz AS since
          FROM organisations_auditevent
         WHERE action = 'certificate_found_on_hold'
         ORDER BY subject_id, happened_at DESC, id DESC
      ) told
     WHERE told.subject_id = c.id AND c.revocation_status = 'on_hold';
"""


class Migration(migrations.Migration):
    dependencies = [("certificates", "0042_long_serial_numbers"), ("organisations", "0010_guards")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="on_hold_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
