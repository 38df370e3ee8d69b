"""Addresses outside that nobody writes to any more are forgotten, with what they were told; the record keeps them."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable

ROLE = settings.DATABASE_WEB_ROLE
TOLD = {"organisations_reminder": "correspondent_id", "organisations_recipient": "correspondent_id"}


class Migration(migrations.Migration):
    dependencies = [("organisations", "0222_chosen_columns")]

    operations = [
        forgettable(
            "correspondents",
            "organisations_correspondent",
            ROLE,
            over="ended_at < before",
            days=400,
            along=TOLD,
        ),
        forgettable(
            "unanswered_addresses",
            "organisations_correspondent",
            ROLE,
            over="agreed_at IS NULL AND ended_at IS NULL AND next_attempt_at IS NULL AND added_at < before",
            days=60,
            along=TOLD,
        ),
    ]
