"""Webhooks, and a row for each thing that each of them is told; a trigger on the record writes these."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, protect

# What is private to somebody is told to nobody else's system.
TELL = """
                INSERT INTO organisations_delivery (id, organisation_id, webhook_id, event_id, action, subject_type,
                        subject_id, details, happened_at, next_attempt_at)
                    SELECT gen_random_uuid(), written.organisation_id, webhook.id, written.id, written.action,
                        written.subject_type, written.subject_id, written.details, written.happened_at,
                        clock_timestamp()
                    FROM (SELECT * FROM written WHERE private_to_id IS NULL ORDER BY happened_at) AS written
                    JOIN organisations_webhook AS webhook
                        ON webhook.organisation_id = written.organisation_id AND webhook.ended_at IS NULL
                        AND written.action = ANY (webhook.actions);"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0190_contact_defaults'),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE organisations_delivery_position;", "DROP SEQUENCE organisations_delivery_position;"
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('address', models.CharField(max_length=500)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('actions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None)),
                ('sealed_secret', models.BinaryField()),
                ('sealed_former', models.BinaryField(null=True)),
                ('former_until', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('failing_since', models.DateTimeField(null=True)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('stopped_by_itself', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('leased_by', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('failure', models.JSONField(blank=True, null=True)),
                ('parked_at', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(db_default=django.db.models.expressions.RawSQL("nextval('organisations_delivery_position')", ()))),
                ('event_id', models.UUIDField(null=True)),
                ('once', models.CharField(max_length=120, null=True)),
                ('action', models.CharField(max_length=60)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.UUIDField()),
                ('details', models.JSONField(default=dict)),
                ('happened_at', models.DateTimeField()),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('tried_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('took', models.IntegerField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('given_up_at', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.webhook')),
            ],
            options={
                'ordering': ['-position'],
            },
        ),
        migrations.AddIndex(
            model_name='webhook',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['organisation'], name='open_webhooks'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['webhook', '-position'], name='deliveries_of_webhook'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('delivered_at', None), ('given_up_at', None)), fields=['webhook', 'subject_id', 'position'], name='undelivered_by_subject'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('webhook', 'once'), name='webhook_told_once'),
        ),
        protect("organisations_webhook"),
        guard("organisations_webhook"),
        protect("organisations_delivery"),
        guard("organisations_delivery", webhook_id="organisations_webhook"),
        migrations.RunSQL(
            sql=f"""
            CREATE FUNCTION ehportal_tell_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, public, pg_temp AS $$
            BEGIN {TELL}
                RETURN NULL;
            END $$;
            REVOKE ALL ON FUNCTION ehportal_tell_webhooks() FROM PUBLIC;
            CREATE TRIGGER told_to_webhooks AFTER INSERT ON organisations_auditevent
                REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ehportal_tell_webhooks();
            """,
            reverse_sql="""
            DROP TRIGGER told_to_webhooks ON organisations_auditevent;
            DROP FUNCTION ehportal_tell_webhooks();
            """,
        ),
    ]
