"""Figures of what ends when, for the whole installation: added up from the tallies of all organisations."""

from django.conf import settings
from django.db import migrations, models

from certificates.counting import COUNT_ENDS, TABLE
from certificates.triggers import SETTINGS

ROLE = settings.DATABASE_WEB_ROLE


class Migration(migrations.Migration):
    dependencies = [("certificates", "0201_claim_trusted_lists")]

    operations = [
        migrations.CreateModel(
            name="EndFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(max_length=12)),
                (
                    "kind",
                    models.CharField(
                        choices=[("organisation", "organisation"), ("own", "own")], max_length=12
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("renewable", "renewable"),
                            ("ends_soon", "ends_soon"),
                            ("valid", "valid"),
                            ("renewed", "renewed"),
                            ("being_revoked", "being_revoked"),
                            ("on_hold", "on_hold"),
                            ("expired", "expired"),
                            ("revoked", "revoked"),
                            ("not_yet_valid", "not_yet_valid"),
                            ("not_recognised", "not_recognised"),
                        ],
                        max_length=16,
                    ),
                ),
                ("ends", models.CharField(max_length=8)),
                ("number", models.BigIntegerField()),
                ("first_end", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "kind", "standing", "ends"), name="one_figure_of_ends"
                    )
                ],
            },
        ),
        # The function writes it, which runs as the owner.
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON certificates_endfigure FROM {ROLE}", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            sql=f"""
                CREATE FUNCTION {COUNT_ENDS}() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} AS $$
                DECLARE
                    today date := (clock_timestamp() AT TIME ZONE 'Europe/Brussels')::date;
                    midnight timestamptz := today::timestamp AT TIME ZONE 'Europe/Brussels';
                    next_midnight timestamptz := (today + 1)::timestamp AT TIME ZONE 'Europe/Brussels';
                    last_days timestamptz := (today + 31)::timestamp AT TIME ZONE 'Europe/Brussels';
                    figures bigint;
                BEGIN
                    DELETE FROM certificates_endfigure;
                    INSERT INTO certificates_endfigure (environment, kind, standing, ends, number, first_end)
                    WITH by_day AS (
                        -- What came and went since the last gathering stands in several rows: they cancel out.
                        SELECT environment, private_to_id IS NULL AS shared, not_after,
                               CASE WHEN revocation_status = 'revoked' THEN 'revoked'
                                    WHEN NOT chain_trusted THEN 'not_recognised'
                                    WHEN not_after < midnight THEN 'expired'
                                    WHEN revocation_status = 'on_hold' THEN 'on_hold'
                                    WHEN not_before >= next_midnight THEN 'not_yet_valid'
                                    WHEN ending THEN 'being_revoked'
                                    WHEN renewed THEN 'renewed'
                                    WHEN window_start < next_midnight THEN 'renewable'
                                    WHEN not_after < last_days THEN 'ends_soon'
                                    ELSE 'valid' END AS standing,
                               sum(number) AS number
                        FROM {TABLE} GROUP BY 1, 2, 3, 4
                    ), placed AS (
                        SELECT *, (not_after AT TIME ZONE 'Europe/Brussels')::date - today AS days
                        FROM by_day WHERE number > 0
                    )
                    SELECT environment, CASE WHEN shared THEN 'organisation' ELSE 'own' END, standing,
                           CASE WHEN days < 0 THEN 'ended' WHEN days <= 1 THEN '1' WHEN days <= 7 THEN '7'
                                WHEN days <= 30 THEN '30' WHEN days <= 90 THEN '90' ELSE 'later' END,
                           sum(number), min(not_after)
                    FROM placed GROUP BY 1, 2, 3, 4;
                    GET DIAGNOSTICS figures = ROW_COUNT;
                    RETURN figures;
                END $$;
                REVOKE ALL ON FUNCTION {COUNT_ENDS}() FROM PUBLIC;
                GRANT EXECUTE ON FUNCTION {COUNT_ENDS}() TO {ROLE};
            """,
            reverse_sql=f"DROP FUNCTION {COUNT_ENDS}();",
        ),
    ]
