"""For which organisations a workstation works: only where its holder has agreed."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import guard, owner_function, protect


class Migration(migrations.Migration):
    dependencies = [("organisations", "0010_guards")]

    operations = [
        migrations.CreateModel(
            name="DeviceLink",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("agreed_at", models.DateTimeField()),
                ("statement", models.BinaryField()),
                ("proof", models.TextField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="organisations.device",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ["agreed_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["account"],
                        name="open_link_by_account",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("device", "organisation"),
                        name="device_works_once_for_an_organisation",
                    )
                ],
            },
        ),
        protect("organisations_devicelink"),
        guard("organisations_devicelink"),
        # A holder sees the own workstations whole, in whatever organisation the pages are read.
        migrations.RunSQL(
            sql="""
                CREATE POLICY organisations_devicelink_own ON organisations_devicelink FOR SELECT
                    USING (account_id = (SELECT nullif(current_setting('ehportal.user', true), '')::uuid));
            """,
            reverse_sql="DROP POLICY organisations_devicelink_own ON organisations_devicelink;",
        ),
        owner_function(
            "ehportal_organisations_of_device",
            "workstation uuid",
            "uuid[]",
            """SELECT array_agg(DISTINCT link.organisation_id) FROM organisations_devicelink link
               JOIN organisations_device device ON device.id = link.device_id AND device.revoked_at IS NULL
               JOIN organisations_person person ON person.organisation_id = link.organisation_id
                   AND person.ssin_index = device.ssin_index AND person.left_on IS NULL
               WHERE link.device_id = workstation AND link.ended_at IS NULL""",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
