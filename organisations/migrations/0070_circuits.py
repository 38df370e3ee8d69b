"""Circuits: which hosts outside keep us waiting, of no organisation."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0062_operators'),
    ]

    operations = [
        migrations.CreateModel(
            name='Circuit',
            fields=[
                ('host', models.CharField(max_length=262, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField()),
                ('failing_since', models.DateTimeField()),
                ('open_until', models.DateTimeField(null=True)),
            ],
        ),
    ]
