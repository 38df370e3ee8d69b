"""Letters about accounts that wait for a worker."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.forgetting import forgettable


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0111_keys_in_use'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountLetter',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('sealed_address', models.BinaryField(null=True)),
                ('digest', models.CharField(blank=True, db_default='', default='', max_length=64)),
                ('turn', models.UUIDField()),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('digest', ''), _negated=True), fields=('digest',), name='one_letter_to_an_address')],
            },
        ),
        forgettable(
            "account_letters",
            "organisations_accountletter",
            settings.DATABASE_WEB_ROLE,
            over="asked_at < before",
            days=2,
        ),
    ]
