"""Triggers keep what was renewed and what is ending; what stands there is written down some rows at a time."""

from django.db import migrations, transaction

from certificates.succession import GROUP, NAMED_INDEX, kept_in_the_row, lock_names, renewed_among

FINAL = ("completed", "rejected", "declined", "cancelled", "gave_up")
ROWS = 5_000


def write_down(apps, schema_editor):
    """Judge each name anew, in the order of the index, some rows in a transaction: nobody waits for the whole table."""
    connection = schema_editor.connection
    columns, last = ", ".join(GROUP), []
    while last is not None:
        beyond = f"WHERE ({columns}) > (%s, %s, %s, %s, %s, %s)" if last else ""
        page = f"SELECT {columns} FROM certificates_certificate {beyond} ORDER BY {columns} LIMIT {ROWS}"  # noqa: S608  # names of ours
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            # As the triggers do: first the lock, then a look at what stands there by then.
            cursor.execute(lock_names(page), last)
            cursor.execute(
                f"""WITH page AS MATERIALIZED ({page}),
                    found AS MATERIALIZED ({renewed_among(f"SELECT {columns} FROM page")}),
                    written AS (
                        UPDATE certificates_certificate AS certificate SET renewed = found.truth
                        FROM found WHERE found.id = certificate.id AND certificate.renewed <> found.truth
                    )
                    SELECT {columns} FROM page ORDER BY {", ".join(f"{column} DESC" for column in GROUP)} LIMIT 1""",  # noqa: S608  # names of ours
                last,
            )
            last = cursor.fetchone()
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE certificates_certificate AS certificate SET ending = true WHERE NOT ending AND EXISTS (
                   SELECT FROM certificates_revocation AS open
                   WHERE open.certificate_id = certificate.id AND open.state <> ALL (%s))""",
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
