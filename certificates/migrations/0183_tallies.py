"""How many certificates there are of each kind and day: triggers count from here on, and once all that stand there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from certificates.counting import kept_counted
from organisations.row_security import guard, keep_private, protect


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0181_findable'),
        ('organisations', '0141_claim_letters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment', models.CharField(max_length=12)),
                ('not_before', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('window_start', models.DateTimeField()),
                ('revocation_status', models.CharField(choices=[('good', 'good'), ('revoked', 'revoked'), ('unknown', 'unknown'), ('on_hold', 'on_hold')], max_length=10)),
                ('chain_trusted', models.BooleanField()),
                ('renewed', models.BooleanField()),
                ('ending', models.BooleanField()),
                ('number', models.IntegerField()),
                ('organisation', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organisations.organisation')),
                ('private_to', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'not_after'], name='tally_by_end')],
            },
        ),
        protect("certificates_tally"),
        keep_private("certificates_tally"),
        guard("certificates_tally"),
        # Triggers write it, which run as the owner.
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON certificates_tally FROM {settings.DATABASE_WEB_ROLE}",
            migrations.RunSQL.noop,
        ),
        kept_counted(settings.DATABASE_WEB_ROLE),
    ]
