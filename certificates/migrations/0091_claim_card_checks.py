"""Indexes and functions by which workers claim card checks."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0090_card_checks")]

    operations = [
        *leasable("certificates_cardcheck"),
        *claimable("card_checks", "certificates_cardcheck", settings.DATABASE_WEB_ROLE, organisation="turn"),
    ]
