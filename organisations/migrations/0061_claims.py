"""Indexes and functions by which workers claim chores, invitations and notices."""

from django.conf import settings
from django.db import migrations

from organisations.claiming import claimable, leasable


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("organisations", "0060_rows_are_the_queue")]

    operations = [
        *leasable("organisations_chore"),
        *claimable("chores", "organisations_chore", settings.DATABASE_WEB_ROLE, organisation="id"),
        *leasable("organisations_invitation"),
        *claimable(
            "invitations",
            "organisations_invitation",
            settings.DATABASE_WEB_ROLE,
            condition="ended_at IS NULL",
        ),
        *leasable("organisations_organisation"),
        *claimable(
            "notices",
            "organisations_organisation",
            settings.DATABASE_WEB_ROLE,
            organisation="id",
            due="reminders_due_at",
        ),
    ]
