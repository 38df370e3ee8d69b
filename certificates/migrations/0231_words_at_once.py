"""The words of thousands of certificates that come in at once are made, and sorted into their index, together."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

from certificates.finding import lexemes_at_once


class Migration(migrations.Migration):
    dependencies = [("certificates", "0230_orders_of_the_list")]

    operations = [
        lexemes_at_once(),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER INDEX searchentry_words SET (fastupdate = on, gin_pending_list_limit = 64)",
                    "ALTER INDEX searchentry_words SET (fastupdate = off)",
                )
            ],
            [
                migrations.RemoveIndex("searchentry", "searchentry_words"),
                migrations.AddIndex(
                    "searchentry",
                    GinIndex(
                        fields=["words"],
                        name="searchentry_words",
                        fastupdate=True,
                        gin_pending_list_limit=64,
                    ),
                ),
            ],
        ),
    ]
