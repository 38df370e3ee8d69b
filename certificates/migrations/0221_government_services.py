"""The government's services, their answers hour by hour, incidents, and what organisations expect of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models

from organisations.row_security import guard, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0220_figures_of_ends'),
        ('organisations', '0180_calendar_feeds'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceTargets',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='organisations.organisation')),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('milliseconds', models.PositiveIntegerField(null=True)),
                ('week', models.JSONField()),
                ('without_holidays', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProbedService',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=20)),
                ('environment', models.CharField(choices=[('production', 'production'), ('acceptance', 'acceptance')], max_length=12)),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), null=True)),
                ('outcome', models.CharField(blank=True, choices=[('answered', 'answered'), ('refused', 'refused'), ('missing', 'missing'), ('late', 'late'), ('unreachable', 'unreachable'), ('broken', 'broken')], max_length=12)),
                ('said', models.CharField(blank=True, max_length=200)),
                ('heard_at', models.DateTimeField(null=True)),
                ('milliseconds', models.PositiveIntegerField(null=True)),
                ('available_at', models.DateTimeField(null=True)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('answers', models.BigIntegerField(default=0)),
                ('failures', models.BigIntegerField(default=0)),
            ],
            options={
                'ordering': ['environment', 'name'],
                'constraints': [models.UniqueConstraint(fields=('name', 'environment'), name='service_once_an_environment')],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('began_at', models.DateTimeField()),
                ('noticed_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(choices=[('answered', 'answered'), ('refused', 'refused'), ('missing', 'missing'), ('late', 'late'), ('unreachable', 'unreachable'), ('broken', 'broken')], max_length=12)),
                ('said', models.CharField(blank=True, max_length=200)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incidents', to='certificates.probedservice')),
            ],
            options={
                'ordering': ['-began_at', 'id'],
                'indexes': [models.Index(fields=['began_at'], name='incident_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('service',), name='one_open_incident_a_service'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('began_at')), _connector='OR'), name='an_incident_ends_after_it_began')],
            },
        ),
        migrations.CreateModel(
            name='ServiceCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('probe', models.BooleanField()),
                ('outcome', models.CharField(choices=[('answered', 'answered'), ('refused', 'refused'), ('missing', 'missing'), ('late', 'late'), ('unreachable', 'unreachable'), ('broken', 'broken')], max_length=12)),
                ('milliseconds', models.PositiveIntegerField()),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='certificates.probedservice')),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='service_call_by_time')],
            },
        ),
        migrations.CreateModel(
            name='ServiceHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('calls', models.PositiveIntegerField()),
                ('available', models.PositiveIntegerField()),
                ('latencies', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='certificates.probedservice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('service', 'hour'), name='one_row_an_hour')],
            },
        ),
        protect("certificates_servicetargets"),
        guard("certificates_servicetargets"),
    ]
