"""What claiming rows needs: leases, failures, turns of organisations, chores. The old sweeps' functions stay for one release."""

import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.claiming import turns


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
        migrations.RemoveIndex(
            model_name='invitation',
            name='invitation_to_send',
        ),
        migrations.RemoveIndex(
            model_name='organisation',
            name='organisation_to_remind',
        ),
        migrations.AddField(
            model_name='invitation',
            name='failure',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='leased_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='invitation',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='parked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='organisation',
            name='failure',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='leased_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='organisation',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='parked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        turns(settings.DATABASE_WEB_ROLE),
    ]
