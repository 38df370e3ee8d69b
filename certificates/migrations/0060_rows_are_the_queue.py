"""What claiming rows needs: leases and failures, and when a certificate is to be checked. The old sweeps' functions stay for one release."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('certificates', '0043_on_hold_since'),
        ('organisations', '0060_rows_are_the_queue'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='certificate',
            name='certificate_by_check',
        ),
        migrations.RemoveIndex(
            model_name='certificaterequest',
            name='request_due',
        ),
        migrations.RemoveIndex(
            model_name='foreignrequest',
            name='foreign_due',
        ),
        migrations.RemoveIndex(
            model_name='revocation',
            name='revocation_due',
        ),
        migrations.AddField(
            model_name='certificate',
            name='failure',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificate',
            name='leased_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='certificate',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificate',
            name='next_attempt_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificate',
            name='parked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificate',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='failure',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='leased_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='parked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='certificaterequest',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='foreignrequest',
            name='failure',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='foreignrequest',
            name='leased_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='foreignrequest',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='foreignrequest',
            name='parked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='foreignrequest',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='revocation',
            name='failure',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='revocation',
            name='leased_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='revocation',
            name='leased_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='revocation',
            name='parked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='revocation',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='certificate',
            name='next_attempt_at',
            field=models.DateTimeField(
                blank=True, db_default=django.db.models.functions.datetime.Now(), null=True
            ),
        ),
    ]
