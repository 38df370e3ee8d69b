"""The addresses of letters that wait are sealed too: which keys they stand under is found and told."""

from django.conf import settings
from django.db import migrations

from organisations.sealed_columns import Place, indexed_by_key, keys_in_use

BEFORE = [
    Place("organisations_person", "ssin_ciphertext"),
    Place("organisations_person", "ssin_index", text=True),
    Place("organisations_device", "ssin_index", text=True),
    Place("mfa_authenticator", "data", "secret", text=True),
    Place("mfa_authenticator", "data", "seed", text=True),
]
ADDRESS = Place("organisations_accountletter", "sealed_address", optional=True)


def told(places):
    return keys_in_use("organisations", places, settings.DATABASE_WEB_ROLE).sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0121_claim_account_letters")]

    operations = [
        indexed_by_key(ADDRESS),
        migrations.RunSQL(told([*BEFORE, ADDRESS]), told(BEFORE)),
    ]
