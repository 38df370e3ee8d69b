"""What somebody waits for that a worker asks outside: its rows, each told to one only, and forgotten soon."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.forgetting import forgettable
from organisations.row_security import guard, keep_to_one, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0111_keys_in_use'),
        ('organisations', '0100_forgetting'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('device_id', models.UUIDField(null=True)),
                ('kind', models.CharField(choices=[('application_ids', 'application_ids'), ('find_token', 'find_token'), ('depot_token', 'depot_token'), ('start_token', 'start_token'), ('complete_token', 'complete_token'), ('activate_token', 'activate_token'), ('own_record', 'own_record'), ('read_records', 'read_records')], max_length=20)),
                ('digest', models.CharField(max_length=64)),
                ('sealed_parameters', models.BinaryField(null=True)),
                ('sealed_answer', models.BinaryField(null=True)),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('private_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'digest'), name='one_errand_at_a_time'), models.CheckConstraint(condition=models.Q(('private_to__isnull', False), ('device_id__isnull', False), _connector='XOR'), name='errand_is_for_one')],
            },
        ),
        protect("certificates_errand"),
        keep_to_one("certificates_errand"),
        guard("certificates_errand"),
        forgettable(
            "errands",
            "certificates_errand",
            settings.DATABASE_WEB_ROLE,
            over="asked_at < least(before, clock_timestamp() - interval '1 hour')",
            days=0,
        ),
    ]
