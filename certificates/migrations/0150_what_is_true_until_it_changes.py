"""Whether a certificate was renewed, and whether a revocation of it is on its way: written down when it changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("certificates", "0136_judge_by_list")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="renewed",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="certificate",
            name="ending",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
