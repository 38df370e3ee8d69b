"""Row-level security of revocations, tokens, proofs, installations and inquiries; the sweep's door to revocations."""

from django.conf import settings
from django.db import migrations

from organisations.row_security import owner_function, protect


class Migration(migrations.Migration):
    dependencies = [("certificates", "0003_renewal_tokens_revocation_records")]

    operations = [
        protect("certificates_revocation"),
        protect("certificates_encryptiontoken"),
        protect("certificates_continuityproof"),
        protect("certificates_installation"),
        protect("certificates_recordsinquiry"),
        protect("certificates_recordproposal"),
        owner_function(
            "ehportal_due_revocations",
            "moment timestamptz, most integer",
            "TABLE (organisation_id uuid, id uuid)",
            """SELECT organisation_id, id FROM certificates_revocation
               WHERE next_attempt_at <= moment ORDER BY next_attempt_at LIMIT most""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
