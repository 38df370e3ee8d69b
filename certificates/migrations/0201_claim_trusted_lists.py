"""Indexes and functions by which workers claim trusted lists that are to be asked for."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0200_trusted_lists")]

    operations = [
        *leasable("certificates_watchedlist"),
        *claimable("trusted_lists", "certificates_watchedlist", settings.DATABASE_WEB_ROLE, organisation="turn"),
    ]
