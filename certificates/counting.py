"""How many certificates there are of each kind and day, as migration operations.

Dashboards count all certificates of an organisation by their state, and plot them by their end. Counted one by one that
costs as much as there are; alike ones that end on the same day are one number here. Triggers write what comes and what
goes as rows of their own: a writer waits for nobody, and rows of before are added up now and then. What is written in
one transaction with its certificate is true whenever both are seen.
"""

from django.db.migrations.operations import RunSQL

from certificates.triggers import SETTINGS, trigger_function

TABLE = "certificates_tally"
GATHER = "ehportal_gather_tallies"
COUNT_ENDS = "ehportal_count_ends"
KEY = ("organisation_id", "private_to_id", "environment", "not_before", "not_after", "window_start",
       "revocation_status", "chain_trusted", "renewed", "ending")  # fmt: skip
SOURCES = ("organisation_id", "private_to_id", "environment", "not_before", "not_after", "replaceable_from",
           "revocation_status", "chain_trusted", "renewed", "ending")  # fmt: skip
"""The columns of a certificate that decide its key."""


def _day(moment: str) -> str:
    """Return, as SQL, the beginning of a moment's Belgian day; what lies outside the calendar's years stays there."""
    return f"date_trunc('day', {moment}, 'Europe/Brussels')"


def key_of(row: str) -> str:
    """Return, as SQL, the key of a certificate, with what `domain.validity.window_start` says."""
    window = f"coalesce({row}.replaceable_from, {row}.not_after - interval '90 days')"
    return ", ".join(
        _day(f"{row}.{column}" if column != "window_start" else window)
        if column in {"not_before", "not_after", "window_start"}
        else f"{row}.{column}"
        for column in KEY
    )


COUNT_ANEW = f"""
    WITH gone AS (DELETE FROM {TABLE})
    INSERT INTO {TABLE} ({", ".join(KEY)}, number)
        SELECT {key_of("one")}, count(*) FROM certificates_certificate AS one GROUP BY {", ".join(str(n + 1) for n in range(len(KEY)))}"""  # noqa: S608, E501  # names of ours
"""One statement, so one look at both tables: what others write meanwhile is added to what it found."""


def kept_counted(role: str) -> RunSQL:
    """Create the triggers that count, and the function by which `role` has rows of before added up."""
    columns = ", ".join(KEY)
    places = ", ".join(str(number + 1) for number in range(len(KEY)))
    into = f"INSERT INTO {TABLE} ({columns}, number)"
    added = f"""
                {into} SELECT {key_of("one")}, count(*) FROM added AS one GROUP BY {places};"""  # noqa: S608  # names of ours
    gone = f"""
                {into} SELECT {key_of("OLD")}, -1;"""
    changed = f"""
                {into} SELECT {key_of("OLD")}, -1 UNION ALL SELECT {key_of("NEW")}, 1;"""
    differs = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in SOURCES)
    return RunSQL(
        sql=f"""
            {trigger_function("ehportal_counted_added", added)}
            CREATE TRIGGER counted_added AFTER INSERT ON certificates_certificate
                REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ehportal_counted_added();
            {trigger_function("ehportal_counted_changed", changed)}
            CREATE TRIGGER counted_changed AFTER UPDATE OF {", ".join(SOURCES)} ON certificates_certificate
                FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION ehportal_counted_changed();
            {trigger_function("ehportal_counted_gone", gone)}
            CREATE TRIGGER counted_gone AFTER DELETE ON certificates_certificate
                FOR EACH ROW EXECUTE FUNCTION ehportal_counted_gone();
            CREATE FUNCTION {GATHER}() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} AS $$
            DECLARE
                crowded uuid[];
                gathered bigint := 0;
            BEGIN
                SELECT coalesce(array_agg(organisation_id), '{{}}') INTO crowded FROM (
                    SELECT organisation_id FROM {TABLE} GROUP BY organisation_id
                    HAVING count(*) > count(DISTINCT ({columns}))
                ) AS found;
                WITH gone AS (DELETE FROM {TABLE} WHERE organisation_id = ANY (crowded) RETURNING *)
                {into} SELECT {columns}, sum(number) FROM gone GROUP BY {places} HAVING sum(number) <> 0;
                GET DIAGNOSTICS gathered = ROW_COUNT;
                RETURN gathered;
            END $$;
            REVOKE ALL ON FUNCTION {GATHER}() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {GATHER}() TO {role};
        """,  # noqa: S608  # names of ours
        reverse_sql=f"""
            DROP FUNCTION {GATHER}();
            DROP TRIGGER counted_gone ON certificates_certificate;
            DROP TRIGGER counted_changed ON certificates_certificate;
            DROP TRIGGER counted_added ON certificates_certificate;
            DROP FUNCTION ehportal_counted_gone();
            DROP FUNCTION ehportal_counted_changed();
            DROP FUNCTION ehportal_counted_added();
        """,
    )
