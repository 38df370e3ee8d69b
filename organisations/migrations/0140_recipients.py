"""Who is written to about an organisation: the queue of letters, a row a reader."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, protect


class Migration(migrations.Migration):
    dependencies = [("organisations", "0130_calls_and_chores_are_counted")]

    operations = [
        migrations.CreateModel(
            name="Recipient",
            fields=[
                ("leased_by", models.CharField(blank=True, db_default="", default="", max_length=80)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("failure", models.JSONField(blank=True, null=True)),
                ("parked_at", models.DateTimeField(blank=True, null=True)),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("burns", models.BooleanField(db_default=False, default=False)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["organisation_id", "user_id"]},
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.UniqueConstraint(
                fields=("organisation", "user"), name="recipient_once_an_organisation"
            ),
        ),
        protect("organisations_recipient"),
        guard("organisations_recipient"),
    ]
