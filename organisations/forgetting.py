"""Forgetting what has been kept long enough, as a migration operation: a function that deletes across organisations."""

from collections.abc import Mapping

from django.db.migrations.operations import RunSQL

NONE: Mapping[str, str] = {}


def forgettable(
    name: str, table: str, role: str, *, over: str, days: int, along: Mapping[str, str] = NONE
) -> RunSQL:
    """Create `ehportal_forget_<name>(before, most)`: it deletes up to `most` rows of `table`, and returns how many.

    `over` is SQL over columns of the table and `before`, the moment before which what is over is forgotten; `days` is
    the least that is kept, whatever moment is named. The function runs as the owner, since a worker sees no row of an
    organisation that it did not name; it tells a number. Rows of the tables `along` that name one in the column that
    stands there go with it; both have an organisation.
    """
    others = "\n".join(
        f"DELETE FROM {other} AS other USING {table} AS gone WHERE gone.ctid = ANY (rows)"  # noqa: S608  # as below
        f" AND other.organisation_id = gone.organisation_id AND other.{column} = gone.id;"
        for other, column in along.items()
    )
    function = f"ehportal_forget_{name}"
    return RunSQL(
        sql=f"""
            CREATE FUNCTION {function}(before timestamptz, most integer) RETURNS bigint
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
            #variable_conflict use_column
            DECLARE
                gone bigint;
                rows tid[];
            BEGIN
                before := least(before, clock_timestamp() - interval '{days} days');
                rows := ARRAY(SELECT ctid FROM {table} WHERE {over} LIMIT most FOR UPDATE SKIP LOCKED);
                {others}
                DELETE FROM {table} WHERE ctid = ANY (rows);
                GET DIAGNOSTICS gone = ROW_COUNT;
                RETURN gone;
            END $$;
            REVOKE ALL ON FUNCTION {function}(timestamptz, integer) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {function}(timestamptz, integer) TO {role};
        """,  # noqa: S608  # names and conditions of ours, from migrations
        reverse_sql=f"DROP FUNCTION {function}(timestamptz, integer);",
    )
