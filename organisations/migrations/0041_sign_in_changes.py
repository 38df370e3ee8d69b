"""How often it changed how a user signs in: sessions from before the last change are over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0040_returned_mail")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="sign_in_changes",
            field=models.PositiveIntegerField(default=0, db_default=0),
        ),
    ]
