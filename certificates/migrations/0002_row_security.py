"""Row-level security of the inventory, requests, jobs and imports; the sweeps' SECURITY DEFINER functions."""

from django.conf import settings
from django.db import migrations

from organisations.row_security import owner_function, protect

ROLE = settings.DATABASE_WEB_ROLE


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_tables"), ("organisations", "0002_row_security")]

    operations = [
        protect("certificates_certificate"),
        protect("certificates_certificaterequest"),
        protect("certificates_agentjob"),
        protect("certificates_importbatch"),
        owner_function(
            "ehportal_due_requests",
            "moment timestamptz, most integer",
            "TABLE (organisation_id uuid, id uuid)",
            """SELECT organisation_id, id FROM certificates_certificaterequest
               WHERE next_attempt_at <= moment ORDER BY next_attempt_at LIMIT most""",
            ROLE,
        ),
        owner_function(
            "ehportal_certificates_to_check",
            "checked_before timestamptz, most integer",
            "TABLE (organisation_id uuid, id uuid)",
            """SELECT organisation_id, id FROM certificates_certificate
               WHERE not_after > now() AND revocation_status <> 'revoked'
                 AND (revocation_checked_at IS NULL OR revocation_checked_at < checked_before)
               ORDER BY revocation_checked_at NULLS FIRST LIMIT most""",
            ROLE,
        ),
    ]
