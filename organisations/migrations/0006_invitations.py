"""Invitations, with the sweep's door to letters that are due, and the organisation that a user last worked in."""

import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import owner_function, protect


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0005_reminders'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='last_organisation',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('full_name', models.CharField(max_length=200)),
                ('language', models.CharField(max_length=2)),
                ('role', models.CharField(choices=[('administrator', 'administrator'), ('holder', 'holder'), ('auditor', 'auditor'), ('viewer', 'viewer')], max_length=20)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('answer', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=10)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='invitation_to_send')],
                'constraints': [models.UniqueConstraint(models.F('organisation'), django.db.models.functions.text.Lower('email'), models.F('role'), condition=models.Q(('ended_at', None)), name='invited_once_to_a_role')],
            },
        ),
        protect("organisations_invitation"),
        owner_function(
            "ehportal_due_invitations",
            "moment timestamptz, most integer",
            "TABLE (organisation_id uuid, id uuid)",
            """SELECT organisation_id, id FROM organisations_invitation
               WHERE next_attempt_at <= moment ORDER BY next_attempt_at LIMIT most""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
