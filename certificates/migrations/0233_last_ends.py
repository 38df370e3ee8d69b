"""When the last certificate of each of many names ends is asked once for all that come in together."""

from django.conf import settings
from django.db import migrations

from certificates.succession import last_ends_told


class Migration(migrations.Migration):
    dependencies = [("certificates", "0232_lists_of_references")]

    operations = [last_ends_told(settings.DATABASE_WEB_ROLE)]
