"""Steps since a beginning count hours: what is urgent is told again after hours, not days."""

from django.db import migrations

KINDS = "('signature', 'revocation', 'token')"


class Migration(migrations.Migration):
    dependencies = [("organisations", "0007_proven_addresses_and_sealed_secrets")]

    operations = [
        migrations.RunSQL(
            sql=f"UPDATE organisations_reminder SET step = step * 24 WHERE kind IN {KINDS};",
            reverse_sql=f"UPDATE organisations_reminder SET step = step / 24 WHERE kind IN {KINDS};",
        ),
    ]
