"""How calls to hosts outside end, of no organisation, and how long chores take."""

import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0122_letters_by_key'),
    ]

    operations = [
        migrations.AddField(
            model_name='chore',
            name='took_seconds',
            field=models.FloatField(null=True),
        ),
        migrations.CreateModel(
            name='CallTally',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=262)),
                ('outcome', models.CharField(max_length=20)),
                ('up_to', models.FloatField()),
                ('count', models.BigIntegerField()),
                ('seconds', models.FloatField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('host', 'outcome', 'up_to'), name='one_tally_of_calls_that_end_so')],
            },
        ),
    ]
