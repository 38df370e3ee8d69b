"""Thousands of certificates that come in at once are judged by a plan that was made for them."""

from django.db import migrations

from certificates.succession import added_is_planned_each_time


class Migration(migrations.Migration):
    dependencies = [("certificates", "0162_by_intake")]

    operations = [added_is_planned_each_time()]
