"""A number that an organisation only claims can be declined by the operator, with a reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0041_sign_in_changes")]

    operations = [
        migrations.AlterField(
            model_name="organisationidentifier",
            name="state",
            field=models.CharField(
                choices=[
                    ("claimed", "claimed"),
                    ("waiting", "waiting"),
                    ("proven", "proven"),
                    ("declined", "declined"),
                ],
                default="claimed",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="organisationidentifier",
            name="declined_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organisationidentifier",
            name="declined_because",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddConstraint(
            model_name="organisationidentifier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("declined_at__isnull", False),
                        ("state", "declined"),
                        models.Q(("declined_because", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "declined"), _negated=True),
                        ("declined_at", None),
                        ("declined_because", ""),
                    ),
                    _connector="OR",
                ),
                name="a_declined_number_has_its_reason",
            ),
        ),
    ]
