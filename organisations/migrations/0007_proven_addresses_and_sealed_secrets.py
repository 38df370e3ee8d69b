"""Addresses that a mailed link proved are marked so, and the secrets of second factors are encrypted.

A password was always chosen through a link that was mailed to the account's address, and no account could take another
address: whoever has a password has proven the address.
"""

from django.db import migrations
from django.db.models.functions import Lower

from organisations.errors import Unreadable
from organisations.sealing import seal, unseal

SECRETS = {"totp": "secret", "recovery_codes": "seed"}


def prove_addresses(apps, schema_editor):
    addresses = apps.get_model("account", "EmailAddress").objects.filter(verified=False)
    for address in addresses.select_related("user").annotate(known=Lower("user__email")):
        if address.email.lower() == address.known and not address.user.password.startswith("!"):
            address.verified = True
            address.save(update_fields=["verified"])


def is_sealed(value):
    try:
        unseal(value.encode("ascii"))
    except (Unreadable, UnicodeEncodeError):
        return False
    return True


def rewrite(apps, change):
    for factor in apps.get_model("mfa", "Authenticator").objects.filter(type__in=SECRETS):
        name = SECRETS[factor.type]
        if name in factor.data:
            factor.data[name] = change(factor.data[name])
            factor.save(update_fields=["data"])


def seal_secrets(apps, schema_editor):
    rewrite(apps, lambda value: value if is_sealed(value) else seal(value.encode()).decode("ascii"))


def unseal_secrets(apps, schema_editor):
    rewrite(apps, lambda value: unseal(value.encode("ascii")).decode() if is_sealed(value) else value)


class Migration(migrations.Migration):
    dependencies = [
        ("organisations", "0006_invitations"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunPython(prove_addresses, migrations.RunPython.noop),
        migrations.RunPython(seal_secrets, unseal_secrets),
    ]
