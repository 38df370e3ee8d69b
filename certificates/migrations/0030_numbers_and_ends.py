"""What holds a national number is decided for what is there already, and what never ends gets the one end for that."""

from typing import Any

from django.db import migrations, models
from django.db.migrations.state import StateApps

from agent.wire.pki.moments import EARLIEST, LATEST, NO_END
from certificates.domain.x509 import UnreadableCertificate, read_certificate
from organisations.domain.identifiers import mask_ssins
from organisations.sealing import unseal

CHUNK = 500
TEXTS = ("subject", "issuer", "common_name", "holder_name")
ADDRESSES = ("crl_urls", "ocsp_urls")


def repair(apps: StateApps, _editor: Any) -> None:
    """Read every certificate once more: its texts are masked as they are today, its dates brought into the range."""
    table = apps.get_model("certificates", "Certificate")
    changed = []
    read = ("id", "sealed_der", "search_text", "not_before", "not_after", *TEXTS, *ADDRESSES)
    for row in table.objects.only(*read).iterator(CHUNK):
        row.not_after = NO_END if row.not_after > LATEST else row.not_after
        row.not_before = max(row.not_before, EARLIEST)
        try:
            row.holds_number = read_certificate(unseal(row.sealed_der)).holds_number
        except UnreadableCertificate:
            row.holds_number = True  # who cannot look must not hand it out
        for name in (*TEXTS, "search_text"):
            setattr(row, name, mask_ssins(getattr(row, name)))
        for name in ADDRESSES:
            setattr(row, name, [mask_ssins(url) for url in getattr(row, name)])
        for name in TEXTS:
            setattr(row, name, getattr(row, name)[: table._meta.get_field(name).max_length])
        changed.append(row)
        if len(changed) == CHUNK:
            _write(table, changed)
            changed = []
    _write(table, changed)
    installations = apps.get_model("certificates", "Installation").objects
    installations.filter(not_after__gt=LATEST).update(not_after=NO_END)
    installations.filter(not_after__lt=EARLIEST).update(not_after=EARLIEST)
    requested = table.objects.filter(replaceable_from__gt=LATEST)
    requested.update(replaceable_from=NO_END)
    # They live a day, and were written in another form: whoever uploaded them looks again.
    apps.get_model("certificates", "ImportBatch").objects.all().delete()


def _write(table: Any, rows: list[Any]) -> None:
    fields = ["holds_number", "not_before", "not_after", "search_text", *TEXTS, *ADDRESSES]
    table.objects.bulk_update(rows, fields)


class Migration(migrations.Migration):
    dependencies = [("certificates", "0021_what_was_proven"), ("organisations", "0003_shared_cache")]

    operations = [
        migrations.AddField(
            model_name="certificate", name="holds_number", field=models.BooleanField(default=False)
        ),
        migrations.RunPython(repair, migrations.RunPython.noop, elidable=True),
    ]
