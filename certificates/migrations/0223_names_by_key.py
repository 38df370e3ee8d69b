"""An index by which a name's certificates are found whatever the planner knows; nobody waits for it."""

from django.db import migrations

from certificates.succession import key_indexed


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0222_ask_government_services")]

    operations = [key_indexed()]
