"""What claiming rows needs: leases and failures, and when a certificate is to be checked. The old sweeps' functions stay for one release."""

import django.db.models.functions.datetime
from django.db import migrations, models

from organisations.claiming import queued


class Migration(migrations.Migration):
    dependencies = [
        ("certificates", "0043_on_hold_since"),
        ("organisations", "0060_rows_are_the_queue"),
    ]

    operations = [
        queued(
            "certificates",
            {
                "certificate": (
                    "certificate_by_check",
                    "(organisation_id, revocation_checked_at ASC NULLS FIRST)",
                ),
                "certificaterequest": (
                    "request_due",
                    "(next_attempt_at) WHERE next_attempt_at IS NOT NULL",
                ),
                "foreignrequest": ("foreign_due", "(next_attempt_at) WHERE next_attempt_at IS NOT NULL"),
                "revocation": ("revocation_due", "(next_attempt_at) WHERE next_attempt_at IS NOT NULL"),
            },
        ),
        # What stands there is planned by the next migration, some rows at a time; what comes is due at once.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="certificate",
                    name="next_attempt_at",
                    field=models.DateTimeField(
                        blank=True, db_default=django.db.models.functions.datetime.Now(), null=True
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    sql="""
                        ALTER TABLE certificates_certificate ADD COLUMN next_attempt_at timestamptz NULL;
                        ALTER TABLE certificates_certificate
                            ALTER COLUMN next_attempt_at SET DEFAULT statement_timestamp();
                    """,
                    reverse_sql="ALTER TABLE certificates_certificate DROP COLUMN next_attempt_at;",
                ),
            ],
        ),
    ]
