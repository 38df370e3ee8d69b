"""Trusted lists with their versions, the platform's own certificates, and which software is prepared for them."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0190_notice_policies'),
        ('organisations', '0161_claim_correspondents'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ListVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sequence', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('signed', models.BinaryField()),
                ('digest', models.CharField(max_length=64)),
                ('scheme', models.CharField(max_length=300)),
                ('issued_at', models.DateTimeField()),
                ('next_update', models.DateTimeField(null=True)),
                ('signer', models.CharField(max_length=64)),
                ('signer_name', models.CharField(max_length=300)),
                ('services', models.PositiveIntegerField()),
                ('taken_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-sequence'],
            },
        ),
        migrations.CreateModel(
            name='PlatformCertificate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('environment', models.CharField(max_length=12)),
                ('use', models.CharField(choices=[('tls', 'tls'), ('sessions', 'sessions'), ('timestamps', 'timestamps')], max_length=12)),
                ('fingerprint', models.CharField(max_length=64)),
                ('der', models.BinaryField()),
                ('name', models.CharField(max_length=300)),
                ('issuer', models.CharField(max_length=1000)),
                ('not_before', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('switch_at', models.DateTimeField(null=True)),
                ('source', models.CharField(choices=[('list', 'list'), ('settings', 'settings'), ('file', 'file')], max_length=10)),
                ('told_by', models.CharField(blank=True, max_length=100)),
                ('noted_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('environment', 'use', 'fingerprint'), name='platform_certificate_once_a_use')],
            },
        ),
        migrations.CreateModel(
            name='StoreNumber',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('environment', models.CharField(max_length=12)),
                ('purpose', models.CharField(choices=[('tls', 'tls'), ('authorities', 'authorities'), ('operators', 'operators'), ('timestamps', 'timestamps')], max_length=12)),
                ('fingerprint', models.CharField(max_length=64)),
                ('number', models.PositiveIntegerField()),
                ('der', models.BinaryField()),
                ('since', models.DateTimeField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('environment', 'purpose', 'fingerprint'), name='store_number_once_a_certificate'), models.UniqueConstraint(fields=('environment', 'purpose', 'number'), name='store_number_once_a_number')],
            },
        ),
        migrations.CreateModel(
            name='WatchedList',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('turn', models.UUIDField(default=uuid.uuid4)),
                ('environment', models.CharField(choices=[('production', 'production'), ('acceptance', 'acceptance')], max_length=12)),
                ('kind', models.CharField(choices=[('transport', 'transport'), ('person', 'person'), ('application', 'application')], max_length=12)),
                ('address', models.CharField(max_length=400)),
                ('asked_at', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('refusal', models.CharField(blank=True, choices=[('unreachable', 'unreachable'), ('hash', 'hash'), ('malformed', 'malformed'), ('unsigned', 'unsigned'), ('signature', 'signature'), ('stranger', 'stranger'), ('signer_ended', 'signer_ended'), ('signer_usage', 'signer_usage'), ('weak', 'weak'), ('shape', 'shape'), ('ahead', 'ahead'), ('over', 'over'), ('older', 'older'), ('other_bytes', 'other_bytes'), ('other_list', 'other_list')], default='', max_length=20)),
                ('refused_since', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('current', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='certificates.listversion')),
            ],
        ),
        migrations.AddField(
            model_name='listversion',
            name='list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='certificates.watchedlist'),
        ),
        migrations.CreateModel(
            name='ListOperator',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('environment', models.CharField(max_length=12)),
                ('fingerprint', models.CharField(max_length=64)),
                ('der', models.BinaryField()),
                ('name', models.CharField(max_length=300)),
                ('not_after', models.DateTimeField()),
                ('announced_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('declined_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('announced_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='certificates.listversion')),
            ],
            options={
                'ordering': ['announced_at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('environment', 'fingerprint'), name='operator_asked_for_once')],
            },
        ),
        migrations.CreateModel(
            name='ListChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('place', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('added', 'added'), ('restored', 'restored'), ('withdrawn', 'withdrawn'), ('gone', 'gone'), ('replaced', 'replaced'), ('operator', 'operator'), ('unknown_status', 'unknown_status'), ('extension', 'extension')], max_length=16)),
                ('type', models.CharField(max_length=200)),
                ('key', models.CharField(max_length=140)),
                ('name', models.CharField(max_length=300)),
                ('provider', models.CharField(max_length=300)),
                ('subject', models.CharField(blank=True, max_length=1000)),
                ('status', models.CharField(max_length=300)),
                ('former_status', models.CharField(blank=True, max_length=300)),
                ('fingerprint', models.CharField(blank=True, max_length=64)),
                ('former_fingerprint', models.CharField(blank=True, max_length=64)),
                ('effective_at', models.DateTimeField(null=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='certificates.listversion')),
            ],
            options={
                'ordering': ['version', 'place'],
                'constraints': [models.UniqueConstraint(fields=('version', 'place'), name='change_once_a_place')],
            },
        ),
        migrations.CreateModel(
            name='PreparedSoftware',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('software', models.CharField(max_length=100)),
                ('prepared_at', models.DateTimeField(null=True)),
                ('certificate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='software', to='certificates.platformcertificate')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('prepared_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['software', 'id'],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'certificate', 'software'), name='software_once_a_certificate')],
            },
        ),
        migrations.AddConstraint(
            model_name='watchedlist',
            constraint=models.UniqueConstraint(fields=('environment', 'kind'), name='one_list_an_environment'),
        ),
        migrations.AddConstraint(
            model_name='listversion',
            constraint=models.UniqueConstraint(fields=('list', 'sequence'), name='version_once_a_number'),
        ),
        protect("certificates_preparedsoftware"),
        guard("certificates_preparedsoftware"),
    ]
