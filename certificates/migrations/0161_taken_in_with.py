"""Certificates name the import that brought them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0160_intakes")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="taken_in_with",
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
