"""A hold is a state of its own, and why a certificate was revoked is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0031_organisations_take_turns")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="revocation_reason",
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AlterField(
            model_name="certificate",
            name="revocation_status",
            field=models.CharField(
                choices=[
                    ("good", "good"),
                    ("revoked", "revoked"),
                    ("unknown", "unknown"),
                    ("on_hold", "on_hold"),
                ],
                default="unknown",
                max_length=10,
            ),
        ),
    ]
