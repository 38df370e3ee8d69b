"""Rows as a queue, as migration operations: functions that claim what is due across all organisations.

A worker may not see rows of organisations that it did not name, so these functions run as the owner and return ids and
figures only. They know one clock, the database's. What is claimed is leased: until `leased_until` it is nobody else's,
and its due time stands at the end of the lease, so that a worker which dies leaves it due again by itself.
"""

from collections.abc import Mapping

from django.db import models
from django.db.migrations.operations import AddField, RemoveIndex, RunSQL, SeparateDatabaseAndState

SETTINGS = "SET search_path = pg_catalog, public, pg_temp"


def turns(role: str) -> RunSQL:
    """Create the table that remembers when each organisation was last served, a row for each kind of work.

    No role but the owner reads or writes it.
    """
    return RunSQL(
        sql=f"""
            CREATE TABLE organisations_turn (
                kind text NOT NULL, organisation_id uuid NOT NULL, served_at timestamptz NOT NULL,
                PRIMARY KEY (kind, organisation_id)
            );
            ALTER TABLE organisations_turn ENABLE ROW LEVEL SECURITY;
            REVOKE ALL ON organisations_turn FROM PUBLIC, {role};
        """,
        reverse_sql="DROP TABLE organisations_turn;",
    )


_QUEUED: dict[str, tuple[models.Field, str]] = {  # type: ignore[type-arg]  # of any type
    "leased_by": (
        models.CharField(blank=True, db_default="", default="", max_length=80),
        "varchar(80) DEFAULT '' NOT NULL",
    ),
    "leased_until": (models.DateTimeField(blank=True, null=True), "timestamptz NULL"),
    "tries": (
        models.PositiveSmallIntegerField(db_default=0, default=0),
        "smallint DEFAULT 0 NOT NULL",
    ),
    "failure": (models.JSONField(blank=True, null=True), "jsonb NULL"),
    "parked_at": (models.DateTimeField(blank=True, null=True), "timestamptz NULL"),
}
"""The columns of `organisations.models.queued.Queued`, as Django and as PostgreSQL know them."""


def queued(app: str, replaced: Mapping[str, tuple[str, str]]) -> SeparateDatabaseAndState:
    """Give tables of `app` the columns of a queue, and drop the index that each did without the claims.

    `replaced` names for each model that index and, for the way back, its definition. All statements follow each other
    at once: between fields Django would draw its models anew, and the tables would stay locked.
    """
    added = ", ".join(f"ADD COLUMN {name} {sql}" for name, (_field, sql) in _QUEUED.items())
    # A check on a new column reads the whole table; `leasable` validates it while others work.
    check = "ADD CONSTRAINT {table}_tries_check CHECK (tries >= 0) NOT VALID"
    dropped = ", ".join(f"DROP COLUMN {name}" for name in _QUEUED)
    return SeparateDatabaseAndState(
        state_operations=[
            operation
            for model, (index, _definition) in replaced.items()
            for operation in (
                RemoveIndex(model_name=model, name=index),
                *(AddField(model, name, field) for name, (field, _sql) in _QUEUED.items()),
            )
        ],
        database_operations=[
            RunSQL(
                sql=f"ALTER TABLE {app}_{model} {added}, {check.format(table=f'{app}_{model}')}; DROP INDEX {index};",
                reverse_sql=f"ALTER TABLE {app}_{model} {dropped}; CREATE INDEX {index} ON {app}_{model} {definition};",
            )
            for model, (index, definition) in replaced.items()
        ],
    )


def leasable(table: str) -> list[RunSQL]:
    """Index what is leased and what fails in a table of `Queued` rows, both few; in a migration that is not atomic."""
    return [
        RunSQL(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_tries_check;", RunSQL.noop),
        _index(f"{table}_leased", table, "leased_until", "leased_until IS NOT NULL"),
        _index(f"{table}_failing", table, "parked_at", "failure IS NOT NULL"),
    ]


def claimable(
    kind: str,
    table: str,
    role: str,
    *,
    condition: str = "true",
    organisation: str = "organisation_id",
    due: str = "next_attempt_at",
) -> list[RunSQL]:
    """Create the index and the functions by which rows of `table` that meet `condition` are claimed and counted.

    In a migration that is not atomic: nobody waits for the index.

    - `ehportal_claim_<kind>(owner, seconds, most)` leases up to `most` due rows: organisations take turns, those with
      the fewest leased rows first, then those that were served longest ago.
    - `ehportal_standing_<kind>()` counts what is due, since when, what is leased, failing and parked.
    - `ehportal_failing_<kind>(most)` names the rows with a failure, parked ones first.

    `condition` is SQL over columns of the table; together with the due time it is also the condition of the index.
    `organisation` is the column with the organisation (`id` where each row stands for itself).
    """
    planned = f"{due} IS NOT NULL AND parked_at IS NULL AND {condition}"
    return [
        _index(f"{kind}_due", table, f"{organisation}, {due}", planned),
        _function(
            f"ehportal_claim_{kind}",
            "owner text, seconds integer, most integer",
            "TABLE (organisation_id uuid, id uuid, tries integer, claimed_at timestamptz)",
            _claim(kind, table, planned, condition, organisation, due),
            role,
        ),
        _function(
            f"ehportal_standing_{kind}",
            "",
            "TABLE (due bigint, oldest timestamptz, leased bigint, failing bigint, parked bigint)",
            _standing(table, planned, condition, organisation, due),
            role,
        ),
        _function(
            f"ehportal_failing_{kind}",
            "most integer",
            "TABLE (organisation_id uuid, id uuid, tries integer, failure jsonb, parked_at timestamptz)",
            f"""
            BEGIN
                RETURN QUERY SELECT item.{organisation}, item.id, item.tries::integer, item.failure, item.parked_at
                    FROM {table} AS item WHERE failure IS NOT NULL AND ({condition})
                    ORDER BY item.parked_at NULLS LAST, item.id LIMIT most;
            END""",  # noqa: S608  # names of ours
            role,
        ),
    ]


def _index(name: str, table: str, columns: str, condition: str) -> RunSQL:
    """Make an index without keeping anybody from the table; one that an interruption left half made is made anew."""
    return RunSQL(
        sql=[
            f"DROP INDEX IF EXISTS {name};",
            f"CREATE INDEX CONCURRENTLY {name} ON {table} ({columns}) WHERE {condition};",
        ],
        reverse_sql=f"DROP INDEX IF EXISTS {name};",
    )


def _function(name: str, arguments: str, returns: str, body: str, role: str) -> RunSQL:
    types = ", ".join(argument.split()[1] for argument in arguments.split(",") if argument.strip())
    return RunSQL(
        sql=f"""
            CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {returns}
                LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} AS $$
            #variable_conflict use_column
            {body} $$;
            REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {name}({types}) TO {role};
        """,
        reverse_sql=f"DROP FUNCTION {name}({types});",
    )


def _planned(table: str, planned: str, organisation: str, due: str) -> str:
    """Return the common table expression of every organisation with planned rows, and when its first is due."""
    first = f"SELECT {organisation} AS tenant, {due} AS first FROM {table} WHERE {planned}"  # noqa: S608  # names of ours
    order = f"ORDER BY {organisation}, {due} LIMIT 1"
    return f"""planned AS (
                ({first} {order})
                UNION ALL
                SELECT following.* FROM planned CROSS JOIN LATERAL (
                    {first} AND {organisation} > planned.tenant {order}
                ) AS following
            )"""  # noqa: S608  # names of ours


def _claim(kind: str, table: str, planned: str, condition: str, organisation: str, due: str) -> str:
    return f"""
            DECLARE
                moment timestamptz;
                until timestamptz;
            BEGIN
                -- One after the other: whoever chooses sees what the one before has leased.
                PERFORM pg_advisory_xact_lock(hashtext('ehportal_claim_{kind}'));
                moment := clock_timestamp();
                -- Whatever is asked for: no lease is endless, and nobody takes all there is.
                seconds := least(greatest(seconds, 1), 86400);
                most := least(greatest(most, 1), 1000);
                until := moment + make_interval(secs => seconds);
                RETURN QUERY WITH RECURSIVE {_planned(table, planned, organisation, due)},
                running AS (
                    SELECT {organisation} AS tenant, count(*) AS leased FROM {table}
                    WHERE leased_until > moment AND {condition} GROUP BY 1
                ),
                next AS (
                    SELECT planned.tenant, coalesce(running.leased, 0) AS leased, served.served_at
                    FROM planned
                    LEFT JOIN running ON running.tenant = planned.tenant
                    LEFT JOIN organisations_turn AS served
                        ON served.kind = '{kind}' AND served.organisation_id = planned.tenant
                    WHERE planned.first <= moment
                    ORDER BY 2, served.served_at NULLS FIRST, planned.first LIMIT most + 16
                ),
                chosen AS (
                    SELECT candidate.id, next.served_at, candidate.due,
                           next.leased + row_number() OVER (PARTITION BY next.tenant ORDER BY candidate.due) AS turn
                    FROM next CROSS JOIN LATERAL (
                        SELECT id, {due} AS due FROM {table}
                        WHERE {organisation} = next.tenant AND {due} <= moment AND {planned}
                            AND (leased_until IS NULL OR leased_until <= moment)
                        ORDER BY {due} LIMIT most + 4
                    ) AS candidate
                    ORDER BY turn, next.served_at NULLS FIRST, candidate.due LIMIT most + 16
                ),
                taken AS (
                    SELECT item.id FROM {table} AS item JOIN chosen ON chosen.id = item.id
                    WHERE item.{due} <= moment AND item.parked_at IS NULL
                        AND (item.leased_until IS NULL OR item.leased_until <= moment)
                    ORDER BY chosen.turn, chosen.served_at NULLS FIRST, chosen.due
                    FOR NO KEY UPDATE OF item SKIP LOCKED LIMIT most
                ),
                leased AS (
                    UPDATE {table} AS item
                    SET leased_by = owner, leased_until = until, {due} = until, tries = least(item.tries + 1, 1000)
                    FROM taken WHERE taken.id = item.id
                    RETURNING item.{organisation} AS tenant, item.id, item.tries
                ),
                noted AS (
                    INSERT INTO organisations_turn (kind, organisation_id, served_at)
                    SELECT DISTINCT '{kind}', tenant, moment FROM leased
                    ON CONFLICT (kind, organisation_id) DO UPDATE SET served_at = excluded.served_at
                )
                SELECT leased.tenant, leased.id, leased.tries::integer, moment FROM leased;
            END"""  # noqa: S608  # names of ours


def _standing(table: str, planned: str, condition: str, organisation: str, due: str) -> str:
    return f"""
            DECLARE
                moment timestamptz := clock_timestamp();
            BEGIN
                RETURN QUERY WITH RECURSIVE {_planned(table, planned, organisation, due)},
                waiting AS (
                    SELECT coalesce(sum(theirs.due), 0)::bigint AS due,
                           min(planned.first) AS oldest
                    FROM planned CROSS JOIN LATERAL (
                        SELECT count(*) AS due FROM {table}
                        WHERE {organisation} = planned.tenant AND {due} <= moment AND {planned}
                    ) AS theirs
                    WHERE planned.first <= moment
                ),
                held AS (
                    SELECT count(*) AS leased FROM {table} WHERE leased_until > moment AND {condition}
                ),
                wrong AS (
                    SELECT count(*) FILTER (WHERE parked_at IS NULL) AS failing,
                           count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked
                    FROM {table} WHERE failure IS NOT NULL AND {condition}
                )
                SELECT waiting.due, waiting.oldest, held.leased, wrong.failing, wrong.parked
                FROM waiting, held, wrong;
            END"""  # noqa: S608  # names of ours
