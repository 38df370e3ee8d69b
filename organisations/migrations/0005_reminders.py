"""Reminders by mail: a row for each matter, step and reader, and the sweep's door to the organisations to look at."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import keep_private, owner_function, protect


class Migration(migrations.Migration):
    dependencies = [("organisations", "0004_private_events")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="reminders_due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddIndex(
            model_name="organisation",
            index=models.Index(fields=["reminders_due_at", "id"], name="organisation_to_remind"),
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=30)),
                ("subject_id", models.UUIDField()),
                ("step", models.SmallIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("answer", models.CharField(blank=True, max_length=200)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "private_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["organisation", "recipient", "-created_at", "-id"], name="reminder_by_reader"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "kind", "subject_id", "step", "recipient"),
                        name="reminded_once_a_step",
                    )
                ],
            },
        ),
        protect("organisations_reminder"),
        keep_private("organisations_reminder"),
        owner_function(
            "ehportal_organisations_to_remind",
            "at timestamptz, most integer",
            "uuid[]",
            """SELECT ARRAY(SELECT id FROM organisations_organisation WHERE reminders_due_at <= at
                            ORDER BY reminders_due_at, id LIMIT most)""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
