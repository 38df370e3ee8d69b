"""Tags, notes, who cares for a certificate, the words by which it is found, and filters kept under a name."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, keep_private, keep_private_with, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0170_login_proofs'),
        ('organisations', '0141_claim_letters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=2000)),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('certificate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='certificates.certificate')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-written_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Carer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('caring', models.CharField(choices=[('owner', 'owner'), ('watcher', 'watcher')], max_length=8)),
                ('certificate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='carers', to='certificates.certificate')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'user', 'caring'], name='carer_by_user')],
                'constraints': [models.UniqueConstraint(fields=('certificate', 'user'), name='carer_once_a_certificate'), models.UniqueConstraint(condition=models.Q(('caring', 'owner')), fields=('certificate',), name='one_owner_a_certificate')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=1000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('private_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('private_to', None)), fields=('organisation', 'name'), name='shared_view_once_a_name'), models.UniqueConstraint(condition=models.Q(('private_to__isnull', False)), fields=('organisation', 'private_to', 'name'), name='own_view_once_a_name')],
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('certificate', models.OneToOneField(db_constraint=False, default=uuid.uuid4, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='search', serialize=False, to='certificates.certificate')),
                ('words', django.contrib.postgres.search.SearchVectorField()),
                ('organisation', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organisations.organisation')),
                ('private_to', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='searchentry_words')],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=40)),
                ('certificate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='certificates.certificate')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'text'], name='tag_by_text')],
                'constraints': [models.UniqueConstraint(fields=('certificate', 'text'), name='tag_once_a_certificate')],
            },
        ),
        protect("certificates_tag"),
        keep_private_with("certificates_tag", ("certificate_id", "certificates_certificate")),
        guard("certificates_tag", certificate_id="certificates_certificate"),
        protect("certificates_note"),
        keep_private_with("certificates_note", ("certificate_id", "certificates_certificate")),
        guard("certificates_note", certificate_id="certificates_certificate"),
        protect("certificates_carer"),
        keep_private_with("certificates_carer", ("certificate_id", "certificates_certificate")),
        guard("certificates_carer", certificate_id="certificates_certificate"),
        protect("certificates_searchentry"),
        keep_private("certificates_searchentry"),
        guard("certificates_searchentry"),
        # Triggers write it, which run as the owner.
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON certificates_searchentry FROM {settings.DATABASE_WEB_ROLE}",
            migrations.RunSQL.noop,
        ),
        protect("certificates_savedview"),
        keep_private("certificates_savedview"),
        guard("certificates_savedview"),
    ]
