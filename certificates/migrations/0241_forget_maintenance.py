"""Announced maintenance is forgotten with the figures of the same months."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable


class Migration(migrations.Migration):
    dependencies = [("certificates", "0240_maintenance")]

    operations = [
        forgettable(
            "maintenance",
            "certificates_maintenance",
            settings.DATABASE_WEB_ROLE,
            over="ends_at < before",
            days=800,
        ),
    ]
