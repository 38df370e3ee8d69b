"""Indexes and functions by which workers claim large uploads."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0164_consignments")]

    operations = [
        *leasable("certificates_consignment"),
        *claimable("imports", "certificates_consignment", settings.DATABASE_WEB_ROLE),
    ]
