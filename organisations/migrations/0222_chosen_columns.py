"""The columns of the list of certificates that a person chose."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0221_claim_deliveries'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='inventory_columns',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, null=True, size=None),
        ),
    ]
