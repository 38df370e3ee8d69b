"""Triggers keep the words by which certificates are found; those of before are written some rows at a time."""

from django.conf import settings
from django.db import migrations, transaction

from certificates.finding import entries_of, found_by_words, kept_findable, words_of_texts

ROWS = 2_000


def write_down(apps, schema_editor):
    """Write the words of the certificates that stand there, in the order of their ids: nobody waits for all of them."""
    connection, last = schema_editor.connection, None
    page = f"SELECT * FROM certificates_certificate WHERE %s::uuid IS NULL OR id > %s::uuid ORDER BY id LIMIT {ROWS}"  # noqa: S608  # names of ours
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM ({page}) AS page ORDER BY id DESC LIMIT 1", [last, last])  # noqa: S608  # as above
            found = cursor.fetchone()
            if found is None:
                return
            cursor.execute(entries_of(f"({page})"), [last, last])
            last = found[0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0180_what_stands_beside")]

    operations = [
        words_of_texts(),
        kept_findable(),
        found_by_words(settings.DATABASE_WEB_ROLE),
        migrations.RunPython(write_down, migrations.RunPython.noop),
    ]
