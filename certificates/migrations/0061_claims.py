"""Indexes and functions by which workers claim requests, revocations and status checks; the checks are planned."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


ASKED = ("awaiting_device", "awaiting_contract")
SENT = ("awaiting_signature", "signed", "submitting", "outcome_unknown")
ROWS = 5_000


def claimed(kind, table, *states):
    named = ", ".join(f"'{state}'" for state in states)
    return claimable(kind, table, settings.DATABASE_WEB_ROLE, condition=f"state IN ({named})")


def plan_checks(apps, schema_editor):
    """Plan the next check of what is there, some rows at a time: nobody waits for the whole table."""
    last = "00000000-0000-0000-0000-000000000000"
    with schema_editor.connection.cursor() as cursor:
        while last is not None:
            cursor.execute(
                """WITH next AS (
                       SELECT id FROM certificates_certificate WHERE id > %s ORDER BY id LIMIT %s
                   ), planned AS (
                       UPDATE certificates_certificate AS item
                       SET next_attempt_at = coalesce(item.revocation_checked_at + interval '24 hours', now())
                       FROM next WHERE item.id = next.id AND item.next_attempt_at IS NULL
                           AND item.not_after > now() AND item.revocation_status <> 'revoked'
                   )
                   SELECT id FROM next ORDER BY id DESC LIMIT 1""",
                [last, ROWS],
            )
            [last] = cursor.fetchone() or [None]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0060_rows_are_the_queue"), ("organisations", "0061_claims")]

    operations = [
        migrations.RunPython(plan_checks, migrations.RunPython.noop),
        *(
            migrations.RunSQL(
                f"UPDATE {table} SET next_attempt_at = now()"  # noqa: S608  # names of ours
                " WHERE state = 'awaiting_device' AND next_attempt_at IS NULL",
                migrations.RunSQL.noop,
            )
            for table in ("certificates_certificaterequest", "certificates_revocation")
        ),
        *(
            operation
            for table in (
                "certificates_certificate",
                "certificates_certificaterequest",
                "certificates_revocation",
                "certificates_foreignrequest",
            )
            for operation in leasable(table)
        ),
        *claimed("request_contracts", "certificates_certificaterequest", *ASKED),
        *claimed("requests", "certificates_certificaterequest", *SENT, "awaiting_certificate"),
        *claimed("revocation_contracts", "certificates_revocation", *ASKED),
        *claimed("revocations", "certificates_revocation", *SENT),
        *claimed("revocation_evidence", "certificates_revocation", "awaiting_evidence"),
        *claimed(
            "foreign_requests",
            "certificates_foreignrequest",
            "ready",
            "submitting",
            "outcome_unknown",
            "awaiting_confirmation",
            "awaiting_certificate",
        ),
        *claimable("status_checks", "certificates_certificate", settings.DATABASE_WEB_ROLE),
    ]
