"""Which certificates a list means, asked across organisations: an index and functions that run as the owner.

`ehportal_listed` names the certificates that a list revokes for good and that are not known so. `ehportal_judge_by_list`
looks at some pages of the table: the good ones that a current list does not name are judged by it from then on, and are
not written again; those that the list alone does not decide are asked about at once. `ehportal_ask_alone` has those asked
about alone, each at a time of its own, whose list judged nobody for as long as one may go unasked.
"""

from django.conf import settings
from django.db import migrations

ROLE = settings.DATABASE_WEB_ROLE
OWNED = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
MEANT = """certificate.issuers[1] = ANY (known) AND certificate.environment = world AND certificate.chain_trusted
                AND certificate.serial <> '' AND certificate.crl_urls ? kept.address"""
SQL = f"""
    CREATE FUNCTION ehportal_listed(looked uuid, known text[], world text)
        RETURNS TABLE (organisation_id uuid, id uuid, revoked_at timestamptz, reason text) {OWNED} AS $$
    #variable_conflict use_column
    BEGIN
        RETURN QUERY SELECT certificate.organisation_id, certificate.id, entry.revoked_at, entry.reason::text
            FROM certificates_revocationlist AS kept
            JOIN certificates_listedcertificate AS entry ON entry.list_id = kept.id AND entry.is_final
            JOIN certificates_certificate AS certificate ON certificate.serial = entry.serial
            WHERE kept.id = looked AND kept.entries_digest = kept.content_digest AND {MEANT}
                AND (certificate.revocation_status <> 'revoked' OR certificate.revoked_at IS NULL)
            ORDER BY certificate.organisation_id, certificate.id;
    END $$;
    CREATE FUNCTION ehportal_judge_by_list(
        looked uuid, known text[], world text, first bigint, past bigint
    ) RETURNS bigint {OWNED} AS $$
    DECLARE
        moment timestamptz := clock_timestamp();
        dated bigint;
    BEGIN
        WITH found AS MATERIALIZED (
            SELECT certificate.ctid AS place,
                certificate.revocation_status = 'good' AND entry.serial IS NULL AS is_good
            FROM certificates_revocationlist AS kept
            JOIN certificates_certificate AS certificate
                ON certificate.ctid >= format('(%s,0)', first)::tid AND certificate.ctid < format('(%s,0)', past)::tid
            LEFT JOIN certificates_listedcertificate AS entry
                ON entry.list_id = kept.id AND entry.serial = certificate.serial
            WHERE kept.id = looked AND kept.next_update > moment AND kept.entries_digest = kept.content_digest
                AND {MEANT} AND certificate.not_after > moment
                -- What a worker is at, what fails, and what nobody is to ask about is left as it stands.
                AND certificate.parked_at IS NULL AND certificate.failure IS NULL
                AND (certificate.leased_until IS NULL OR certificate.leased_until <= moment)
                AND CASE WHEN certificate.revocation_status = 'good' AND entry.serial IS NULL
                    THEN certificate.next_attempt_at IS NOT NULL
                    ELSE (certificate.next_attempt_at > moment OR certificate.judged_by IS NOT NULL) AND (
                        certificate.revocation_status = 'good' AND NOT entry.is_final
                        OR certificate.revocation_status = 'on_hold' AND entry.serial IS NULL) END
            FOR NO KEY UPDATE OF certificate SKIP LOCKED
        ),
        judged AS (
            UPDATE certificates_certificate AS certificate SET
                revocation_checked_at = CASE WHEN is_good THEN moment ELSE revocation_checked_at END,
                next_attempt_at = CASE WHEN is_good THEN NULL ELSE moment END,
                judged_by = CASE WHEN is_good THEN looked END
            FROM found WHERE found.place = certificate.ctid RETURNING is_good
        )
        SELECT count(*) FILTER (WHERE is_good) INTO dated FROM judged;
        RETURN dated;
    END $$;
    CREATE FUNCTION ehportal_judges_somebody(looked uuid) RETURNS boolean {OWNED} AS $$
    BEGIN
        RETURN EXISTS (SELECT FROM certificates_certificate
            WHERE judged_by = looked AND not_after > clock_timestamp() AND revocation_status <> 'revoked');
    END $$;
    REVOKE ALL ON FUNCTION ehportal_judges_somebody(uuid) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ehportal_judges_somebody(uuid) TO {ROLE};
    CREATE FUNCTION ehportal_ask_alone(first bigint, past bigint, every interval) RETURNS bigint {OWNED} AS $$
    DECLARE
        moment timestamptz := clock_timestamp();
        asked bigint;
    BEGIN
        UPDATE certificates_certificate AS certificate SET
            judged_by = NULL,
            next_attempt_at = CASE WHEN revocation_status = 'revoked' OR not_after <= moment THEN next_attempt_at
                ELSE coalesce(next_attempt_at, moment + every / 2 * random()) END
        WHERE ctid = ANY (ARRAY(
            SELECT one.ctid FROM certificates_certificate AS one
            WHERE one.ctid >= format('(%s,0)', first)::tid AND one.ctid < format('(%s,0)', past)::tid
                AND one.judged_by IS NOT NULL AND NOT EXISTS (
                    SELECT FROM certificates_revocationlist AS kept
                    WHERE kept.id = one.judged_by AND kept.judged_at > moment - every)
            FOR NO KEY UPDATE SKIP LOCKED));
        GET DIAGNOSTICS asked = ROW_COUNT;
        RETURN asked;
    END $$;
    REVOKE ALL ON FUNCTION ehportal_ask_alone(bigint, bigint, interval) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ehportal_ask_alone(bigint, bigint, interval) TO {ROLE};
    REVOKE ALL ON FUNCTION ehportal_listed(uuid, text[], text) FROM PUBLIC;
    REVOKE ALL ON FUNCTION ehportal_judge_by_list(uuid, text[], text, bigint, bigint) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ehportal_listed(uuid, text[], text) TO {ROLE};
    GRANT EXECUTE ON FUNCTION ehportal_judge_by_list(uuid, text[], text, bigint, bigint) TO {ROLE};
"""  # noqa: S608  # names of ours
BACK = """
    DROP FUNCTION ehportal_judges_somebody(uuid);
    DROP FUNCTION ehportal_ask_alone(bigint, bigint, interval);
    DROP FUNCTION ehportal_judge_by_list(uuid, text[], text, bigint, bigint);
    DROP FUNCTION ehportal_listed(uuid, text[], text);
"""
INDEXES = {
    "certificate_by_issuer": "((issuers[1]), serial) WHERE issuers IS NOT NULL",
    "certificate_by_list": "(judged_by) WHERE judged_by IS NOT NULL",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0135_listed_certificates")]

    operations = [
        *(
            migrations.RunSQL(
                [
                    f"DROP INDEX IF EXISTS {name};",
                    f"CREATE INDEX CONCURRENTLY {name} ON certificates_certificate {what};",
                ],
                f"DROP INDEX IF EXISTS {name};",
            )
            for name, what in INDEXES.items()
        ),
        migrations.RunSQL(SQL, BACK),
    ]
