"""Notes that a connection wrote in the name of a member say so."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0242_ending_policies'),
    ]

    operations = [
        migrations.AddField(
            model_name='note',
            name='through',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
    ]
