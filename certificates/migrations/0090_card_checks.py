"""Whether a card is revoked, asked by workers: its rows."""


import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0061_claims'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardCheck',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('turn', models.UUIDField()),
                ('purpose', models.CharField(choices=[('authentication', 'authentication'), ('signature', 'signature')], max_length=14)),
                ('sealed_chain', models.BinaryField(null=True)),
                ('authority', models.CharField(max_length=64)),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('judged_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, db_default='', default='', max_length=40)),
                ('silent_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('silent_at__isnull', False)), fields=['authority', 'silent_at'], name='silent_authority')],
            },
        ),
    ]
