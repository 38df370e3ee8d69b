"""What answers the government's records gave: each signed question once, new certificates with their proposals."""

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0005_one_renewal_on_its_way'),
        ('organisations', '0003_shared_cache'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='recordproposal',
            options={'ordering': ['made_at', 'id']},
        ),
        migrations.AddField(
            model_name='recordproposal',
            name='made_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='recordproposal',
            name='sealed_certificates',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='recordsinquiry',
            name='certificates_digest',
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='recordsinquiry',
            name='qualities_digest',
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='recordproposal',
            name='kind',
            field=models.CharField(choices=[('new_mandate', 'new_mandate'), ('mandate_gone', 'mandate_gone'), ('new_certificate', 'new_certificate'), ('difference', 'difference')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='recordproposal',
            index=models.Index(fields=['inquiry', 'made_at', 'id'], name='proposal_by_inquiry'),
        ),
    ]
