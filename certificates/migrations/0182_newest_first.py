"""An index by which the list of certificates stands with the newest first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0181_findable")]

    operations = [
        AddIndexConcurrently(
            model_name="certificate",
            index=models.Index(fields=["organisation", "created_at", "id"], name="certificate_by_age"),
        ),
    ]
