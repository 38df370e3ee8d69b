"""What authorities say of their certificates, kept once for all; of no organisation."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0122_errands_by_key'),
    ]

    operations = [
        migrations.CreateModel(
            name='Issuer',
            fields=[
                ('fingerprint', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('der', models.BinaryField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='StatusAnswer',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
                ('until', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='RevocationList',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('turn', models.UUIDField()),
                ('address', models.TextField()),
                ('content', models.BinaryField()),
                ('content_digest', models.CharField(max_length=64)),
                ('number', models.DecimalField(decimal_places=0, max_digits=60, null=True)),
                ('this_update', models.DateTimeField()),
                ('next_update', models.DateTimeField()),
                ('etag', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('last_modified', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('fetched_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('fresh_until', models.DateTimeField()),
                ('used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('warned_at', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='certificates.issuer')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
