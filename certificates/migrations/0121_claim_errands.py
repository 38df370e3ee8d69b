"""Indexes and functions by which workers claim errands."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0120_errands")]

    operations = [
        *leasable("certificates_errand"),
        *claimable("errands", "certificates_errand", settings.DATABASE_WEB_ROLE),
    ]
