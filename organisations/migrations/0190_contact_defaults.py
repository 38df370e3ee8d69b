"""What requests start from where nothing else is known."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0181_forget_feeds'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='contact_defaults',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
