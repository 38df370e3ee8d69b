"""Row-level security of papers and foreign requests; the sweep's door to the latter."""

from django.conf import settings
from django.db import migrations

from organisations.row_security import owner_function, protect


class Migration(migrations.Migration):
    dependencies = [("certificates", "0007_papers_and_foreigners")]

    operations = [
        protect("certificates_paper"),
        protect("certificates_foreignrequest"),
        owner_function(
            "ehportal_due_foreign_requests",
            "moment timestamptz, most integer",
            "TABLE (organisation_id uuid, id uuid)",
            """SELECT organisation_id, id FROM certificates_foreignrequest
               WHERE next_attempt_at <= moment ORDER BY next_attempt_at LIMIT most""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
