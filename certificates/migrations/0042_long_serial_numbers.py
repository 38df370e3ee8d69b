"""A serial number may be as long as somebody made it, and is empty where it cannot be read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0041_installations_by_themselves")]

    operations = [
        migrations.AlterField(
            model_name="certificate",
            name="serial",
            field=models.CharField(blank=True, max_length=511),
        ),
    ]
