"""Which key a national number, its index, or the secret of a second step stands under is found by an index."""

from django.db import migrations

from organisations.sealed_columns import Place, indexed_by_key


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0100_forgetting"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        indexed_by_key(Place("organisations_person", "ssin_ciphertext")),
        indexed_by_key(Place("organisations_person", "ssin_index", text=True), then="ssin_index"),
        indexed_by_key(Place("organisations_device", "ssin_index", text=True), then="ssin_index"),
        indexed_by_key(Place("mfa_authenticator", "data", "secret", text=True)),
        indexed_by_key(Place("mfa_authenticator", "data", "seed", text=True)),
    ]
