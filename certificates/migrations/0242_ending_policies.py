"""Rules for what ends besides certificates."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Now

from organisations.row_security import guard, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0241_forget_maintenance'),
        ('organisations', '0190_contact_defaults'),
    ]

    operations = [
        migrations.CreateModel(
            name='EndingPolicy',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('about', models.CharField(choices=[('mandate', 'mandate'), ('card', 'card'), ('paper', 'paper'), ('trusted', 'trusted')], max_length=20)),
                ('steps', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                ('administrators', models.BooleanField(default=True)),
                ('person_from', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('by_mail', models.BooleanField(default=True)),
                ('escalate_after', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('correspondents', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None)),
                ('changed_at', models.DateTimeField(db_default=Now(), default=django.utils.timezone.now)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'about'), name='one_policy_for_what_ends')],
            },
        ),
        protect("certificates_endingpolicy"),
        guard("certificates_endingpolicy"),
    ]
