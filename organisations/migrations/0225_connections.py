"""Connections: systems that come in without a person, their secrets, and what they were answered under a key."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.forgetting import forgettable
from organisations.row_security import guard, owner_function, protect


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0224_look_at_all'),
    ]

    operations = [
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('purpose', models.CharField(max_length=300)),
                ('contact', models.EmailField(max_length=254)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_on', models.DateField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['name', 'id'],
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['organisation', 'ends_on'], name='open_connection_by_end')],
            },
        ),
        migrations.CreateModel(
            name='ConnectionSecret',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('hint', models.CharField(max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ends_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='organisations.connection')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=100)),
                ('request_digest', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('body', models.JSONField(null=True)),
                ('kept_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.connection')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['kept_at'], name='answer_by_age')],
                'constraints': [models.UniqueConstraint(fields=('connection', 'key'), name='answer_once_a_key')],
            },
        ),
        protect("organisations_connection"),
        guard("organisations_connection"),
        protect("organisations_connectionsecret"),
        guard("organisations_connectionsecret", connection_id="organisations_connection"),
        protect("organisations_keptanswer"),
        guard("organisations_keptanswer", connection_id="organisations_connection"),
        owner_function(
            "ehportal_connection_secret",
            "digest text",
            "uuid[]",
            "SELECT ARRAY[one.id, one.organisation_id] FROM organisations_connectionsecret AS one"
            " WHERE one.digest = $1 AND (one.ends_at IS NULL OR one.ends_at > now())",
            settings.DATABASE_WEB_ROLE,
        ),
        forgettable(
            "kept_answers",
            "organisations_keptanswer",
            settings.DATABASE_WEB_ROLE,
            over="kept_at < before",
            days=1,
        ),
        forgettable(
            "connection_secrets",
            "organisations_connectionsecret",
            settings.DATABASE_WEB_ROLE,
            over="ends_at < before OR connection_id IN (SELECT id FROM organisations_connection"
            " WHERE least(ended_at, (ends_on + 1)::timestamptz) < before)",
            days=400,
        ),
        forgettable(
            "connections",
            "organisations_connection",
            settings.DATABASE_WEB_ROLE,
            over="least(ended_at, (ends_on + 1)::timestamptz) < before"
            " AND NOT EXISTS (SELECT FROM organisations_connectionsecret AS one"
            " WHERE one.connection_id = organisations_connection.id)"
            " AND NOT EXISTS (SELECT FROM organisations_keptanswer AS one"
            " WHERE one.connection_id = organisations_connection.id)",
            days=400,
        ),
    ]
