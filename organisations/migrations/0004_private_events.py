"""Events about something personal are seen by that user only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import keep_private


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0003_shared_cache'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditevent',
            name='private_to',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        keep_private("organisations_auditevent"),
    ]
