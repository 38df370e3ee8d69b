"""Triggers keep what was renewed and what is ending; what stands there is written down some rows at a time."""

from django.db import migrations

from certificates.succession import GROUP, NAMED_INDEX, kept_in_the_row, renewed_among

FINAL = ("completed", "rejected", "declined", "cancelled", "gave_up")
ROWS = 5_000


def write_down(apps, schema_editor):
    """Judge each name anew, in the order of the index; nobody waits for the whole table."""
    columns = ", ".join(GROUP)
    last = None
    with schema_editor.connection.cursor() as cursor:
        while True:
            beyond = f"WHERE ({columns}) > (%s, %s, %s, %s, %s, %s)" if last else ""
            cursor.execute(
                f"""WITH page AS MATERIALIZED (
                        SELECT {columns} FROM certificates_certificate {beyond} ORDER BY {columns} LIMIT {ROWS}
                    ), found AS MATERIALIZED ({renewed_among(f"SELECT {columns} FROM page")}),
                    written AS (
                        UPDATE certificates_certificate AS certificate SET renewed = found.truth
                        FROM found WHERE found.id = certificate.id AND certificate.renewed <> found.truth
                    )
                    SELECT {columns} FROM page ORDER BY {", ".join(f"{column} DESC" for column in GROUP)} LIMIT 1""",  # noqa: S608  # names of ours
                last or [],
            )
            last = cursor.fetchone()
            if last is None:
                break
        cursor.execute(
            """UPDATE certificates_certificate SET ending = true WHERE NOT ending AND id IN (
                   SELECT certificate_id FROM certificates_revocation WHERE state <> ALL (%s))""",
            [list(FINAL)],
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0150_what_is_true_until_it_changes")]

    operations = [
        migrations.RunSQL(
            [
                "DROP INDEX IF EXISTS certificate_named;",
                f"CREATE INDEX CONCURRENTLY certificate_named ON certificates_certificate {NAMED_INDEX};",
            ],
            "DROP INDEX IF EXISTS certificate_named;",
        ),
        kept_in_the_row(FINAL),
        migrations.RunPython(write_down, migrations.RunPython.noop),
    ]
