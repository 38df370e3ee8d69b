"""Lists that were over long ago and that nobody uses, and answers that are over, are forgotten."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable


class Migration(migrations.Migration):
    dependencies = [("certificates", "0131_claim_revocation_lists")]

    operations = [
        forgettable(
            "revocation_lists",
            "certificates_revocationlist",
            settings.DATABASE_WEB_ROLE,
            over="next_update < before AND used_at < before",
            days=30,
        ),
        forgettable(
            "status_answers", "certificates_statusanswer", settings.DATABASE_WEB_ROLE, over="until < before", days=0
        ),
    ]
