"""When and to whom the ends of certificates are told, and which are told to nobody for a while."""

import certificates.models.notices.policy
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, keep_private_with, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0184_count_what_stands_there'),
        ('organisations', '0161_claim_correspondents'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('until', models.DateField()),
                ('reason', models.CharField(max_length=200)),
                ('muted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('certificate', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mute', to='certificates.certificate')),
                ('muted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='NoticePolicy',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('environment', models.CharField(blank=True, max_length=12)),
                ('tag', models.CharField(blank=True, max_length=40)),
                ('steps', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=certificates.models.notices.policy._steps, size=None)),
                ('again_after', models.PositiveSmallIntegerField(default=7)),
                ('administrators', models.BooleanField(default=True)),
                ('holders_from', models.PositiveSmallIntegerField(blank=True, default=30, null=True)),
                ('carers', models.BooleanField(default=True)),
                ('by_mail', models.BooleanField(default=True)),
                ('escalate_after', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('correspondents', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['tag', 'environment', 'id'],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'environment', 'tag'), name='one_policy_for_the_same')],
            },
        ),
        protect("certificates_mute"),
        keep_private_with("certificates_mute", ("certificate_id", "certificates_certificate")),
        guard("certificates_mute", certificate_id="certificates_certificate"),
        protect("certificates_noticepolicy"),
        guard("certificates_noticepolicy"),
    ]
