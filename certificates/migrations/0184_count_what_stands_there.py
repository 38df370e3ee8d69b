"""Count the certificates that stand there, in one statement that holds nobody up."""

from django.db import migrations

from certificates.counting import COUNT_ANEW


class Migration(migrations.Migration):
    dependencies = [("certificates", "0183_tallies")]

    operations = [migrations.RunSQL(COUNT_ANEW, migrations.RunSQL.noop)]
