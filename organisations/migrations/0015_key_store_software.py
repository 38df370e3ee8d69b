"""What loads an organisation's key stores: chosen once by its administrators."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0012_number_claims")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="key_store_software",
            field=models.CharField(default="connector-4", max_length=40),
        ),
    ]
