"""The same path on another machine is another installation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0013_machine_looks")]

    operations = [
        migrations.RemoveConstraint(model_name="installation", name="installation_once_a_place"),
        migrations.AddConstraint(
            model_name="installation",
            constraint=models.UniqueConstraint(
                fields=("organisation", "device_id", "machine", "path", "fingerprint"),
                name="installation_once_a_place",
            ),
        ),
    ]
