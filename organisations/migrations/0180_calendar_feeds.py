"""Calendar feeds: of one organisation, or a person's own; found by the digest of the secret in their address."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from organisations.row_security import USER, guard, owner_function, protect


class Migration(migrations.Migration):
    dependencies = [("organisations", "0161_claim_correspondents")]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("secret_digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[("revoked", "revoked"), ("right_lost", "right_lost")],
                        db_default="",
                        default="",
                        max_length=12,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["organisation", "user"],
                        name="open_feed_by_maker",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None),
                            ("ended_because", ""),
                        )
                        | models.Q(("ended_at__isnull", False))
                        & ~models.Q(("ended_because", "")),
                        name="an_ended_feed_has_its_reason",
                    )
                ],
            },
        ),
        protect("organisations_calendarfeed"),
        guard("organisations_calendarfeed"),
        # One's own belongs to no organisation: its maker sees and ends it, whatever is named.
        migrations.RunSQL(
            sql=f"""
                CREATE POLICY organisations_calendarfeed_own ON organisations_calendarfeed
                    USING (organisation_id IS NULL AND user_id = {USER})
                    WITH CHECK (organisation_id IS NULL AND user_id = {USER});
            """,
            reverse_sql="DROP POLICY organisations_calendarfeed_own ON organisations_calendarfeed;",
        ),
        owner_function(
            "ehportal_calendar_feed",
            "digest text",
            "uuid[]",
            "SELECT ARRAY[id, user_id, organisation_id] FROM organisations_calendarfeed"
            " WHERE secret_digest = digest AND ended_at IS NULL",
            settings.DATABASE_WEB_ROLE,
        ),
    ]
