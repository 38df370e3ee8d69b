"""When each workstation last looked for key stores: nothing found is not the same as nobody having looked."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from organisations.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("certificates", "0012_reminders_have_rows")]

    operations = [
        migrations.CreateModel(
            name="MachineLook",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("device_id", models.UUIDField()),
                ("machine", models.CharField(max_length=100)),
                ("looked_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ["-looked_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "device_id", "machine"), name="look_once_a_machine"
                    )
                ],
                "indexes": [models.Index(fields=["organisation", "-looked_at"], name="look_by_time")],
            },
        ),
        protect("certificates_machinelook"),
    ]
