"""Indexes and functions by which workers claim revocation lists that are to be renewed."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0130_what_authorities_say")]

    operations = [
        *leasable("certificates_revocationlist"),
        *claimable(
            "revocation_lists", "certificates_revocationlist", settings.DATABASE_WEB_ROLE, organisation="turn"
        ),
    ]
