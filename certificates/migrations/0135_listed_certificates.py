"""Entries of revocation lists as rows; one that belongs to no list any more is gone with it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0134_share_issuers'),
    ]

    operations = [
        migrations.AddField(
            model_name='revocationlist',
            name='entries_digest',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='revocationlist',
            name='judged_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='certificate',
            name='judged_by',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='ListedCertificate',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('serial', models.CharField(max_length=511)),
                ('revoked_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=24)),
                ('is_final', models.BooleanField()),
                ('list', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='certificates.revocationlist')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('list', 'serial'), name='listed_once')],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE certificates_listedcertificate ADD CONSTRAINT entries_go_with_their_list"
            " FOREIGN KEY (list_id) REFERENCES certificates_revocationlist (id) ON DELETE CASCADE;",
            "ALTER TABLE certificates_listedcertificate DROP CONSTRAINT entries_go_with_their_list;",
        ),
    ]
