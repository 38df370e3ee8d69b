"""Uploads that nobody decided about are forgotten after their time."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable


class Migration(migrations.Migration):
    dependencies = [("certificates", "0091_claim_card_checks")]

    operations = [
        forgettable(
            "imports", "certificates_importbatch", settings.DATABASE_WEB_ROLE, over="uploaded_at < before", days=1
        ),
    ]
