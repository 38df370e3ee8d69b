"""Which certificates a list means, asked across organisations: an index and two functions that run as the owner.

`ehportal_listed` names the certificates that a list revokes for good and that are not known so. `ehportal_judge_by_list`
looks at some pages of the table: it dates the good ones that a current list does not name, and has those asked about at
once that the list alone does not decide.
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
        looked uuid, known text[], world text, first bigint, past bigint, every interval
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
                    THEN certificate.next_attempt_at < moment + every / 2
                    ELSE certificate.next_attempt_at > moment AND (
                        certificate.revocation_status = 'good' AND NOT entry.is_final
                        OR certificate.revocation_status = 'on_hold' AND entry.serial IS NULL) END
            FOR NO KEY UPDATE OF certificate SKIP LOCKED
        ),
        judged AS (
            UPDATE certificates_certificate AS certificate SET
                revocation_checked_at = CASE WHEN is_good THEN moment ELSE revocation_checked_at END,
                next_attempt_at = CASE WHEN is_good THEN moment + every ELSE moment END
            FROM found WHERE found.place = certificate.ctid RETURNING is_good
        )
        SELECT count(*) FILTER (WHERE is_good) INTO dated FROM judged;
        RETURN dated;
    END $$;
    REVOKE ALL ON FUNCTION ehportal_listed(uuid, text[], text) FROM PUBLIC;
    REVOKE ALL ON FUNCTION ehportal_judge_by_list(uuid, text[], text, bigint, bigint, interval) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ehportal_listed(uuid, text[], text) TO {ROLE};
    GRANT EXECUTE ON FUNCTION ehportal_judge_by_list(uuid, text[], text, bigint, bigint, interval) TO {ROLE};
"""  # noqa: S608  # names of ours
BACK = """
    DROP FUNCTION ehportal_judge_by_list(uuid, text[], text, bigint, bigint, interval);
    DROP FUNCTION ehportal_listed(uuid, text[], text);
"""
INDEX = "certificate_by_issuer"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0135_listed_certificates")]

    operations = [
        migrations.RunSQL(
            [
                f"DROP INDEX IF EXISTS {INDEX};",
                f"CREATE INDEX CONCURRENTLY {INDEX} ON certificates_certificate ((issuers[1]), serial)"
                " WHERE issuers IS NOT NULL;",
            ],
            f"DROP INDEX IF EXISTS {INDEX};",
        ),
        migrations.RunSQL(SQL, BACK),
    ]
