"""Calendar feeds that have ended are forgotten; the record keeps them."""

from django.conf import settings
from django.db import migrations

from organisations.forgetting import forgettable


class Migration(migrations.Migration):
    dependencies = [("organisations", "0180_calendar_feeds")]

    operations = [
        forgettable(
            "calendar_feeds",
            "organisations_calendarfeed",
            settings.DATABASE_WEB_ROLE,
            over="ended_at < before",
            days=400,
        ),
    ]
