"""The certificates of one import, found by it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0161_taken_in_with")]

    operations = [
        AddIndexConcurrently(
            model_name="certificate",
            index=models.Index(
                condition=models.Q(("taken_in_with__isnull", False)),
                fields=["taken_in_with", "not_after", "id"],
                name="certificate_by_intake",
            ),
        ),
    ]
