"""Which keys are in use is told, and under which one a number stands."""

from django.conf import settings
from django.db import migrations

from organisations.sealed_columns import Place, index_in_use, keys_in_use

PERSON = Place("organisations_person", "ssin_index", text=True)
DEVICE = Place("organisations_device", "ssin_index", text=True)


class Migration(migrations.Migration):
    dependencies = [("organisations", "0110_values_by_key")]

    operations = [
        keys_in_use(
            "organisations",
            [
                Place("organisations_person", "ssin_ciphertext"),
                PERSON,
                DEVICE,
                Place("mfa_authenticator", "data", "secret", text=True),
                Place("mfa_authenticator", "data", "seed", text=True),
            ],
            settings.DATABASE_WEB_ROLE,
        ),
        index_in_use([PERSON, DEVICE], settings.DATABASE_WEB_ROLE),
    ]
