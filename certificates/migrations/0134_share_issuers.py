"""What the chore needs: an index of the rows whose issuers are not shared yet, and a function that shares some.

The function runs as the owner, since a worker sees no row of an organisation that it did not name; it tells a number.
"""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

FUNCTION = "ehportal_share_issuers"
SQL = f"""
    CREATE FUNCTION {FUNCTION}(most integer) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        moved bigint;
    BEGIN
        most := least(greatest(most, 1), 10000);
        WITH chosen AS MATERIALIZED (
            SELECT id, chain FROM certificates_certificate
            WHERE issuers IS NULL AND chain_trusted ORDER BY id LIMIT most FOR NO KEY UPDATE SKIP LOCKED
        ),
        parts AS MATERIALIZED (
            SELECT chosen.id, part.place, decode(part.base64, 'base64') AS der
            FROM chosen CROSS JOIN LATERAL jsonb_array_elements_text(chosen.chain)
                WITH ORDINALITY AS part (base64, place)
        ),
        kept AS (
            INSERT INTO certificates_issuer (fingerprint, der)
            SELECT DISTINCT ON (1) encode(sha256(der), 'hex'), der FROM parts ORDER BY 1
            ON CONFLICT (fingerprint) DO NOTHING
        ),
        named AS (
            SELECT chosen.id,
                coalesce(array_agg(encode(sha256(parts.der), 'hex') ORDER BY parts.place)
                    FILTER (WHERE parts.der IS NOT NULL), '{{}}') AS issuers
            FROM chosen LEFT JOIN parts ON parts.id = chosen.id GROUP BY chosen.id
        )
        UPDATE certificates_certificate AS certificate SET issuers = named.issuers
        FROM named WHERE named.id = certificate.id;
        GET DIAGNOSTICS moved = ROW_COUNT;
        RETURN moved;
    END $$;
    REVOKE ALL ON FUNCTION {FUNCTION}(integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION {FUNCTION}(integer) TO {settings.DATABASE_WEB_ROLE};
"""  # noqa: S608  # names of ours


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("certificates", "0133_issuers_are_shared")]

    operations = [
        AddIndexConcurrently(
            model_name="certificate",
            index=models.Index(
                fields=["id"],
                condition=models.Q(issuers__isnull=True, chain_trusted=True),
                name="certificate_unshared_issuers",
            ),
        ),
        migrations.RunSQL(SQL, f"DROP FUNCTION {FUNCTION}(integer);"),
    ]
