"""Reminders by mail: when a token was reminded of, and the sweep's door to those that wait."""

from django.conf import settings
from django.db import migrations, models

from organisations.row_security import owner_function


class Migration(migrations.Migration):
    dependencies = [("certificates", "0010_make_token_jobs")]

    operations = [
        migrations.AddField(
            model_name="encryptiontoken", name="reminded_at", field=models.DateTimeField(null=True)
        ),
        owner_function(
            "ehportal_waiting_tokens",
            "since timestamptz, most integer",
            "TABLE (organisation_id uuid, id uuid)",
            """SELECT organisation_id, id FROM certificates_encryptiontoken
               WHERE state = 'waiting' AND reminded_at IS NULL AND state_since <= since
               ORDER BY state_since LIMIT most""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
