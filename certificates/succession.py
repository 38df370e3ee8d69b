"""What is true of a certificate until another row changes, as migration operations.

Whether a later certificate has taken over, and whether a revocation is on its way, is asked by every list and plot.
Asked there it is an anti-join that PostgreSQL plans anew at each size, and at some sizes it walks the organisation for
every row. So it stands in the row itself (`renewed`, `ending`), and triggers keep it: whoever writes certificates or
revocations, one at a time or by COPY, writes it too, in one statement for all rows of theirs.

*Renewed* is a certificate beside which stands a genuine later one of the same name in the same organisation, unless
that one is private to somebody to whom the first is not: whoever may not see the later one is not told of it either.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

from organisations.row_security import NAMED

SETTINGS = "SET search_path = pg_catalog, public, pg_temp"
BY_INDEX = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
"""Plans are kept: one that was made for thousands of rows must not read the whole table for one, nor the reverse."""
NAME = ("identifier_type", "identifier_value", "ssin_index", "application_id", "environment")
GROUP = ("organisation_id", *NAME)


def _columns(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in GROUP)


def _same(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in GROUP)


def _genuine(row: str) -> str:
    return f"({row}.chain_trusted AND {row}.revocation_status NOT IN ('revoked', 'on_hold'))"


def renewed_among(touched: str) -> str:
    """Return, as SQL, id and truth of `renewed` for each certificate that bears a name in `touched`, a subquery.

    Each certificate is read once, however many bear its name.
    """
    last = f"max(one.not_after) FILTER (WHERE {_genuine('one')}"
    return f"""SELECT one.id, coalesce(one.not_after < greatest(
                    {last} AND one.private_to_id IS NULL) OVER (PARTITION BY {_columns("one")}),
                    {last}) OVER (PARTITION BY {_columns("one")}, one.private_to_id)
                ), false) AS truth
                FROM (SELECT DISTINCT * FROM ({touched}) AS given WHERE identifier_type <> '') AS touched
                JOIN certificates_certificate AS one ON {_same("one", "touched")}"""  # noqa: S608  # names of ours


def lock_names(touched: str, *, perform: bool = False) -> str:
    """Return, as SQL, the locks of the organisations of `touched`, a subquery, one after the other in their order.

    One lock for all names of an organisation: whoever takes in thousands in one transaction holds one, and waits for
    nobody of another organisation.
    """
    return f"""{"PERFORM" if perform else "SELECT"} pg_advisory_xact_lock(hashtext('succession'), tenant) FROM (
                    SELECT DISTINCT hashtext(organisation_id::text) AS tenant FROM ({touched}) AS given ORDER BY 1
                ) AS tenants"""  # noqa: S608  # names of ours


def _note(touched: str) -> str:
    """Return the statements that write `renewed` anew where it is not true any more, one writer of a name at a time."""
    return f"""
                {lock_names(touched, perform=True)};
                {_written_anew(touched)};"""


def _written_anew(touched: str) -> str:
    return f"""UPDATE certificates_certificate AS certificate SET renewed = found.truth
                    FROM ({renewed_among(touched)}) AS found
                    WHERE found.id = certificate.id AND certificate.renewed <> found.truth"""  # noqa: S608  # names of ours


def _trigger(function: str, body: str) -> str:
    return f"""
            CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} {BY_INDEX} AS $$
            BEGIN {body}
                RETURN NULL;
            END $$;
            REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;"""


def _distinct(columns: Sequence[str]) -> str:
    return " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)


def kept_in_the_row(final_states: Sequence[str]) -> RunSQL:
    """Create the triggers that keep `renewed` and `ending`; a revocation in one of `final_states` is over."""
    # What is written at once is added up; what changes afterwards changes one by one, and seldom.
    added = _note(f"SELECT {_columns('added')} FROM added")  # noqa: S608  # names of ours
    changed = _note(f"SELECT {_columns('OLD')} UNION SELECT {_columns('NEW')}")
    gone = _note(f"SELECT {_columns('OLD')}")
    # Whoever writes the index of a number anew under another key writes it in all its rows: they stay together.
    group = [column for column in GROUP if column != "ssin_index"]
    watched = ("not_after", "private_to_id", "chain_trusted", "revocation_status", *group)
    states = ", ".join(f"'{state}'" for state in sorted(final_states))
    ending = f"""
                UPDATE certificates_certificate AS certificate SET ending = NOT certificate.ending
                    WHERE certificate.id = coalesce(NEW.certificate_id, OLD.certificate_id)
                        AND certificate.ending <> EXISTS (
                            SELECT FROM certificates_revocation AS open
                            WHERE open.certificate_id = certificate.id AND open.state NOT IN ({states}));"""  # noqa: S608  # names of ours
    return RunSQL(
        sql=f"""
            {_trigger("ehportal_certificates_added", added)}
            CREATE TRIGGER succession_added AFTER INSERT ON certificates_certificate
                REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ehportal_certificates_added();
            {_trigger("ehportal_certificate_changed", changed)}
            CREATE TRIGGER succession_changed AFTER UPDATE OF {", ".join(watched)} ON certificates_certificate
                FOR EACH ROW WHEN ({_genuine("OLD")} <> {_genuine("NEW")}
                    OR {_distinct(("not_after", "private_to_id", *group))})
                EXECUTE FUNCTION ehportal_certificate_changed();
            {_trigger("ehportal_certificate_gone", gone)}
            CREATE TRIGGER succession_gone AFTER DELETE ON certificates_certificate
                FOR EACH ROW EXECUTE FUNCTION ehportal_certificate_gone();
            {_trigger("ehportal_revocation_moved", ending)}
            CREATE TRIGGER ending_moved AFTER INSERT OR DELETE OR UPDATE OF state, certificate_id
                ON certificates_revocation FOR EACH ROW EXECUTE FUNCTION ehportal_revocation_moved();
        """,
        reverse_sql="""
            DROP TRIGGER ending_moved ON certificates_revocation;
            DROP TRIGGER succession_gone ON certificates_certificate;
            DROP TRIGGER succession_changed ON certificates_certificate;
            DROP TRIGGER succession_added ON certificates_certificate;
            DROP FUNCTION ehportal_revocation_moved();
            DROP FUNCTION ehportal_certificate_gone();
            DROP FUNCTION ehportal_certificate_changed();
            DROP FUNCTION ehportal_certificates_added();
        """,
    )


def added_is_planned_each_time() -> RunSQL:
    """Let the trigger of new rows plan for the table as it is at that moment.

    A session keeps the plan that it made first. Of a table that was small or new by then, that one walks the whole
    organisation for each name, and thousands of names that come in later each cost so much; planning costs less than a
    millisecond a statement.
    """
    added = f"SELECT {_columns('added')} FROM added"  # noqa: S608  # names of ours
    return RunSQL(
        sql=_trigger("ehportal_certificates_added", _planned_each_time()),
        reverse_sql=_trigger("ehportal_certificates_added", _note(added)),
    )


def _planned_each_time() -> str:
    added = f"SELECT {_columns('added')} FROM added"  # noqa: S608  # names of ours
    return f"""
                EXECUTE $lock$ {lock_names(added)} $lock$;
                EXECUTE $note$ {_written_anew(added)} $note$;"""


NAMED_INDEX = f"({', '.join(GROUP)}, not_after)"
"""What finds everybody who bears a name, also of natural persons, whose number stands in `ssin_index`."""

KEYED_INDEX = "certificate_by_key_of_name"
"""Finds who bears a name by the name alone, whatever the planner takes an organisation for."""


def _key(row: str = "") -> str:
    """Return, as SQL, a number for the name that a certificate bears; two names seldom have the same."""
    columns = [f"{row}{column}" for column in NAME]
    return f"hashtextextended({' || chr(31) || '.join([f'{row}organisation_id::text', *columns])}, 0)"


def key_indexed() -> RunSQL:
    """Index the numbers of names, keeping nobody from the table; in a migration that is not atomic."""
    return RunSQL(
        sql=[
            f"DROP INDEX IF EXISTS {KEYED_INDEX};",
            f"CREATE INDEX CONCURRENTLY {KEYED_INDEX} ON certificates_certificate ({_key()});",
        ],
        reverse_sql=f"DROP INDEX IF EXISTS {KEYED_INDEX};",
    )


def _noted_whatever_is_known(touched: str) -> str:
    """Return the statement that writes `renewed` anew, in which the planner has nothing to choose.

    What it knows of a table is of yesterday when a new organisation brings thousands of certificates, and then it takes
    every index that begins with the organisation for as good as the right one, or works out all names anew for each
    row. So the names are looked up by a number that one index has, and the rows that change are named by an array.
    """
    last = f"max(one.not_after) FILTER (WHERE {_genuine('one')}"
    same = " AND ".join(f"bearer.{column} IS NOT DISTINCT FROM touched.{column}" for column in GROUP)
    return f"""UPDATE certificates_certificate AS certificate SET renewed = NOT certificate.renewed
                    WHERE certificate.id = ANY (ARRAY(SELECT found.id FROM (
                        SELECT one.id, one.renewed, coalesce(one.not_after < greatest(
                            {last} AND one.private_to_id IS NULL) OVER (PARTITION BY {_columns("one")}),
                            {last}) OVER (PARTITION BY {_columns("one")}, one.private_to_id)
                        ), false) AS truth
                        FROM (SELECT DISTINCT * FROM ({touched}) AS given WHERE identifier_type <> '') AS touched
                        CROSS JOIN LATERAL (
                            SELECT * FROM certificates_certificate AS bearer
                            WHERE {_key("bearer.")} = {_key("touched.")} AND {same} OFFSET 0
                        ) AS one
                    ) AS found WHERE found.truth <> found.renewed))"""  # noqa: S608  # names of ours


def whatever_is_known() -> RunSQL:
    """Let the triggers look names up in one way, whatever the planner knows of the table at that moment."""
    old, new, added = (f"SELECT {_columns(row)}" for row in ("OLD", "NEW", "added"))
    added += " FROM added"
    locked = {touched: f"{lock_names(touched, perform=True)};" for touched in (f"{old} UNION {new}", old)}
    changed, gone = (f"{lock} {_noted_whatever_is_known(touched)};" for touched, lock in locked.items())
    each_time = f"""
                EXECUTE $lock$ {lock_names(added)} $lock$;
                EXECUTE $note$ {_noted_whatever_is_known(added)} $note$;"""
    return RunSQL(
        sql=_trigger("ehportal_certificates_added", each_time)
        + _trigger("ehportal_certificate_changed", changed)
        + _trigger("ehportal_certificate_gone", gone),
        reverse_sql=_trigger("ehportal_certificates_added", _planned_each_time())
        + _trigger("ehportal_certificate_changed", _note(f"{old} UNION {new}"))
        + _trigger("ehportal_certificate_gone", _note(old)),
    )


LAST_ENDS = "ehportal_last_ends"


def last_ends_told(role: str) -> RunSQL:
    """Create the function that tells, for each of many names of `here`, when its last genuine certificate ends.

    Whoever takes in thousands writes each row as it will stay; the trigger decides. Of an organisation that the
    transaction did not name it tells nothing, and nothing of what is private.
    """
    same = " AND ".join(f"bearer.{column} IS NOT DISTINCT FROM named.{column}" for column in GROUP)
    given = ", ".join(NAME)
    return RunSQL(
        sql=f"""
            CREATE FUNCTION {LAST_ENDS}(here uuid, kinds text[], numbers text[], indexes text[], applications text[],
                    environments text[]) RETURNS TABLE (place bigint, last_end timestamptz)
                LANGUAGE sql STABLE SECURITY DEFINER {SETTINGS} {BY_INDEX} AS $$
                SELECT named.place, (SELECT max(bearer.not_after) FROM (
                        SELECT * FROM certificates_certificate AS bearer
                        WHERE {_key("bearer.")} = {_key("named.")} AND {same} AND {_genuine("bearer")}
                            AND bearer.private_to_id IS NULL OFFSET 0
                    ) AS bearer)
                FROM (
                    SELECT here AS organisation_id, given.*
                    FROM unnest(kinds, numbers, indexes, applications, environments) WITH ORDINALITY
                        AS given ({given}, place)
                ) AS named WHERE here = ANY ({NAMED})
            $$;
            REVOKE ALL ON FUNCTION {LAST_ENDS}(uuid, text[], text[], text[], text[], text[]) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {LAST_ENDS}(uuid, text[], text[], text[], text[], text[]) TO {role};
        """,  # noqa: S608  # names of ours
        reverse_sql=f"DROP FUNCTION {LAST_ENDS}(uuid, text[], text[], text[], text[], text[]);",
    )
