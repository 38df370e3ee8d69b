"""Imports that were taken in have a row of their own, which their one line in the record names."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from organisations.row_security import guard, protect


class Migration(migrations.Migration):
    dependencies = [("certificates", "0151_succession"), ("organisations", "0141_claim_letters")]

    operations = [
        migrations.CreateModel(
            name="Intake",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("taken_at", models.DateTimeField()),
                ("new", models.PositiveIntegerField(default=0)),
                ("known", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
            ],
        ),
        protect("certificates_intake"),
        guard("certificates_intake"),
    ]
