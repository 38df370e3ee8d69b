"""Installations that were matched by their key although another certificate was read in them are theirs no more."""

from django.db import migrations

FORWARD = """
    DELETE FROM certificates_installation i USING certificates_certificate c
     WHERE i.certificate_id = c.id AND i.fingerprint <> '' AND i.fingerprint <> c.fingerprint
       AND c.private_to_id IS NOT NULL;
    UPDATE certificates_installation i SET certificate_id = NULL
      FROM certificates_certificate c
     WHERE i.certificate_id = c.id AND i.fingerprint <> '' AND i.fingerprint <> c.fingerprint;
"""


class Migration(migrations.Migration):
    dependencies = [("certificates", "0040_hold_and_reason")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
