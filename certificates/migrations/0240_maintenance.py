"""Announced maintenance of the government's services, and what is expected of single ones."""

import uuid

from django.db import migrations, models

OUTCOMES = ('answered', 'refused', 'missing', 'faulted', 'late', 'unreachable', 'broken')
CHOICES = [(one, one) for one in OUTCOMES]


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0233_last_ends'),
    ]

    operations = [
        migrations.CreateModel(
            name='Maintenance',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('environment', models.CharField(choices=[('production', 'production'), ('acceptance', 'acceptance')], max_length=12)),
                ('name', models.CharField(blank=True, max_length=20)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('said', models.CharField(blank=True, max_length=200)),
                ('noted_by', models.CharField(max_length=200)),
                ('noted_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['begins_at', 'id'],
                'indexes': [models.Index(fields=['ends_at'], name='maintenance_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='maintenance_ends_after_it_begins')],
            },
        ),
        migrations.AddField('servicecall', 'planned', models.BooleanField(db_default=False, default=False)),
        migrations.AddField('servicehour', 'planned_calls', models.IntegerField(db_default=0, default=0)),
        migrations.AddField('servicehour', 'planned_available', models.IntegerField(db_default=0, default=0)),
        migrations.AddField('servicetargets', 'of_services', models.JSONField(blank=True, db_default={}, default=dict)),
        migrations.AlterField('probedservice', 'outcome', models.CharField(blank=True, choices=CHOICES, max_length=12)),
        migrations.AlterField('incident', 'outcome', models.CharField(choices=CHOICES, max_length=12)),
        migrations.AlterField('servicecall', 'outcome', models.CharField(choices=CHOICES, max_length=12)),
    ]
