"""What claiming rows needs: leases, failures, turns of organisations, chores. The old sweeps' functions stay for one release."""

import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.claiming import queued, turns


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0042_declined_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Chore',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40, unique=True)),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('done_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        queued(
            "organisations",
            {
                "invitation": (
                    "invitation_to_send",
                    "(next_attempt_at) WHERE next_attempt_at IS NOT NULL",
                ),
                "organisation": ("organisation_to_remind", "(reminders_due_at, id)"),
            },
        ),
        turns(settings.DATABASE_WEB_ROLE),
    ]
