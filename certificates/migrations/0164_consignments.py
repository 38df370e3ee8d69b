"""Large uploads on their way, in parts that are gone with them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.forgetting import forgettable
from organisations.row_security import guard, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0163_plan_each_time'),
        ('organisations', '0141_claim_letters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Consignment',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('reading', 'reading'), ('judging', 'judging'), ('to_decide', 'to_decide'), ('taking', 'taking'), ('done', 'done')], default='reading', max_length=10)),
                ('files', models.JSONField()),
                ('place', models.JSONField(default=dict)),
                ('parts', models.PositiveIntegerField(default=0)),
                ('parts_done', models.PositiveIntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('chosen', models.JSONField(default=list)),
                ('taken_in_with', models.UUIDField(blank=True, null=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ConsignmentPart',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sent', 'sent'), ('read', 'read'), ('authorities', 'authorities')], max_length=11)),
                ('number', models.PositiveIntegerField()),
                ('sealed_content', models.BinaryField()),
                ('fingerprints', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
                ('consignment', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='certificates.consignment')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('consignment', 'kind', 'number'), name='consignment_part_once')],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE certificates_consignmentpart ADD CONSTRAINT parts_go_with_their_consignment"
            " FOREIGN KEY (consignment_id) REFERENCES certificates_consignment (id) ON DELETE CASCADE;",
            "ALTER TABLE certificates_consignmentpart DROP CONSTRAINT parts_go_with_their_consignment;",
        ),
        protect("certificates_consignment"),
        guard("certificates_consignment"),
        protect("certificates_consignmentpart"),
        guard("certificates_consignmentpart", consignment_id="certificates_consignment"),
        forgettable(
            "consignments",
            "certificates_consignment",
            settings.DATABASE_WEB_ROLE,
            # What is being taken in is taken in to its end, and stands in the record then.
            over="uploaded_at < before AND state <> 'taking'",
            days=1,
        ),
    ]
