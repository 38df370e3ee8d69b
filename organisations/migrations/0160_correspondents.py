"""Addresses outside that agreed to be told, one digest a day, quiet hours, and what was said and acknowledged."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, guard_more, protect


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0141_claim_letters'),
    ]

    operations = [
        migrations.AddField(
            model_name='device',
            name='card_ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='quiet_from',
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='quiet_until',
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='acknowledged_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='answerable',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='reminder',
            name='path',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='reminder',
            name='subject_type',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='reminder',
            name='title',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='user',
            name='digest_claimed_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='digest_sent_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='recipient',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='recipient',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='Correspondent',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(max_length=2)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('answer', models.CharField(blank=True, max_length=200)),
                ('asked_at', models.DateTimeField(null=True)),
                ('agreed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('digest_sent_at', models.DateTimeField(null=True)),
                ('digest_claimed_until', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.AddField(
            model_name='recipient',
            name='correspondent',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.correspondent'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='correspondent',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.correspondent'),
        ),
        migrations.AddConstraint(
            model_name='correspondent',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('organisation', 'email'), name='correspondent_once_an_organisation'),
        ),
        protect("organisations_correspondent"),
        guard("organisations_correspondent"),
        guard_more("organisations_recipient", correspondent_id="organisations_correspondent"),
        guard_more("organisations_reminder", correspondent_id="organisations_correspondent"),
    ]
