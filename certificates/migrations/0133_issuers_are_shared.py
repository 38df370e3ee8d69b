"""Each certificate names the rows of its issuers; what stood in its own row is moved by a chore, after the release."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0132_forget_what_authorities_said")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="issuers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), blank=True, null=True, size=None
            ),
        ),
    ]
