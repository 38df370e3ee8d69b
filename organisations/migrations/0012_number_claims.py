"""A number is claimed until something outside vouches for it."""

from django.conf import settings
from django.db import migrations, models

from organisations.row_security import owner_function


class Migration(migrations.Migration):
    dependencies = [("organisations", "0011_device_links")]

    operations = [
        migrations.AddField(
            model_name="organisationidentifier",
            name="state",
            field=models.CharField(
                choices=[("claimed", "claimed"), ("waiting", "waiting"), ("proven", "proven")],
                default="claimed",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="organisationidentifier",
            name="proven_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organisationidentifier",
            name="proven_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("government", "government"),
                    ("certificate", "certificate"),
                    ("operator", "operator"),
                ],
                default="",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="organisationidentifier",
            name="contested_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organisationidentifier",
            name="contested_by",
            field=models.CharField(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="organisationidentifier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("proven_at__isnull", False),
                        ("state", "proven"),
                        models.Q(("proven_by", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "proven"), _negated=True),
                        ("proven_at", None),
                        ("proven_by", ""),
                    ),
                    _connector="OR",
                ),
                name="a_proven_number_has_its_voucher",
            ),
        ),
        owner_function(
            "ehportal_organisations_with_number",
            "kind text, number text",
            "uuid[]",
            """SELECT array_agg(DISTINCT organisation_id) FROM organisations_organisationidentifier
               WHERE type = kind AND value = number""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
