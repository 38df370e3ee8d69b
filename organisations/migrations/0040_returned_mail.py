"""Addresses from which mail came back later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0015_key_store_software")]

    operations = [
        migrations.CreateModel(
            name="ReturnedMail",
            fields=[
                ("address", models.EmailField(max_length=254, primary_key=True, serialize=False)),
                ("returned_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=200)),
            ],
        ),
    ]
