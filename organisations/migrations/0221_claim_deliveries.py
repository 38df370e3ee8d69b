"""Workers claim messages to webhooks; the keys of their secrets are found and told; what is over is forgotten."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable
from organisations.forgetting import forgettable
from organisations.sealed_columns import Place, indexed_by_key, keys_in_use

BEFORE = [
    Place("organisations_person", "ssin_ciphertext"),
    Place("organisations_person", "ssin_index", text=True),
    Place("organisations_device", "ssin_index", text=True),
    Place("mfa_authenticator", "data", "secret", text=True),
    Place("mfa_authenticator", "data", "seed", text=True),
    Place("organisations_accountletter", "sealed_address", optional=True),
]
SECRETS = [
    Place("organisations_webhook", "sealed_secret"),
    Place("organisations_webhook", "sealed_former", optional=True),
]


def told(places):
    return keys_in_use("organisations", places, settings.DATABASE_WEB_ROLE).sql


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0220_webhooks")]

    operations = [
        *leasable("organisations_delivery"),
        *claimable("webhook_deliveries", "organisations_delivery", settings.DATABASE_WEB_ROLE),
        *(indexed_by_key(one) for one in SECRETS),
        migrations.RunSQL(told([*BEFORE, *SECRETS]), told(BEFORE)),
        forgettable(
            "webhook_deliveries",
            "organisations_delivery",
            settings.DATABASE_WEB_ROLE,
            over="once IS NULL AND (delivered_at < before OR given_up_at < before"
            " OR delivered_at IS NULL AND happened_at < before - interval '60 days')",
            days=30,
        ),
        forgettable(
            "webhook_ends",
            "organisations_delivery",
            settings.DATABASE_WEB_ROLE,
            over="once IS NOT NULL AND happened_at < before",
            days=200,
        ),
        forgettable(
            "webhooks",
            "organisations_webhook",
            settings.DATABASE_WEB_ROLE,
            over="ended_at < before AND NOT EXISTS (SELECT FROM organisations_delivery AS told"
            " WHERE told.webhook_id = organisations_webhook.id)",
            days=400,
        ),
    ]
