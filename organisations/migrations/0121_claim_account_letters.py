"""Indexes and functions by which workers claim letters about accounts."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0120_account_letters")]

    operations = [
        *leasable("organisations_accountletter"),
        *claimable(
            "account_letters", "organisations_accountletter", settings.DATABASE_WEB_ROLE, organisation="turn"
        ),
    ]
