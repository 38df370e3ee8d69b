"""Row-level security as migration operations.

Policies compare the row's organisation with one session setting, an array that is read once a statement:
`ehportal.organisations`. Where it is not set nothing is visible and nothing can be written, so forgetting it fails
closed. What is private to one user is narrowed further by `ehportal.user`, and so are people; where no user is named
they are there only for the platform itself, which says so (`ehportal.platform`). The web role owns no table; owners
(migrations) are not bound, which is why they never serve a request.

Foreign keys are checked by PostgreSQL itself, which no policy binds: triggers refuse those that lead to another
organisation's row.
"""

from collections.abc import Mapping

from django.db.migrations.operations import RunSQL

NAMED = "(SELECT coalesce(nullif(current_setting('ehportal.organisations', true), ''), '{}')::uuid[])::uuid[]"
"""The organisations that this transaction named, as SQL."""


def protect(table: str, column: str = "organisation_id") -> RunSQL:
    """Enable row-level security on `table` and allow only rows whose `column` was named."""
    return RunSQL(
        sql=f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            CREATE POLICY {table}_named ON {table}
                USING ({column} = ANY ({NAMED})) WITH CHECK ({column} = ANY ({NAMED}));
        """,
        reverse_sql=f"DROP POLICY {table}_named ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


USER = "(SELECT nullif(current_setting('ehportal.user', true), '')::uuid)"
"""The user for whom this transaction reads, as SQL; null where nobody was named."""

PLATFORM = "(SELECT coalesce(current_setting('ehportal.platform', true), '') = 'on')"
"""Whether the platform itself works in this transaction and has said so, as SQL."""


def keep_private(table: str, column: str = "private_to_id") -> RunSQL:
    """Show rows with a user in `column` to that user and to the platform itself, and to nobody else.

    It narrows what `protect` allows: one policy for every page, count, search and download there is or will be.
    """
    return _narrow(table, private_condition(column))


def keep_private_with(table: str, *parents: tuple[str, str]) -> RunSQL:
    """Show rows of `table` only where the rows they belong to, (column, table), are shown."""
    return _narrow(table, dependent_condition(table, *parents))


def keep_people(table: str) -> RunSQL:
    """Show rows about people to a named user and to the platform itself: whoever names neither sees nobody."""
    return _narrow(table, f"{PLATFORM} OR {USER} IS NOT NULL")


def keep_to_one(table: str, column: str = "private_to_id") -> RunSQL:
    """Show rows to the user in `column` and to the platform itself; those without a user to the platform only."""
    return _narrow(table, f"{PLATFORM} OR {column} = {USER}")


def private_condition(column: str = "private_to_id") -> str:
    """Return, as SQL, for whom a row with a user in `column` exists."""
    return f"{column} IS NULL OR {PLATFORM} OR {column} = {USER}"


def dependent_condition(table: str, *parents: tuple[str, str]) -> str:
    """Return, as SQL, that the rows to which a row of `table` belongs exist for whoever asks."""
    seen = (
        f"({column} IS NULL OR EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = {table}.{column}))"  # noqa: S608  # names of tables, from migrations
        for column, parent in parents
    )
    return f"{PLATFORM} OR ({' AND '.join(seen)})"


def _narrow(table: str, condition: str) -> RunSQL:
    return RunSQL(
        sql=f"CREATE POLICY {table}_private ON {table} AS RESTRICTIVE USING ({condition});",
        reverse_sql=f"DROP POLICY {table}_private ON {table};",
    )


def narrow_anew(table: str, condition: str) -> RunSQL:
    """Give the policy that `keep_private` or `keep_private_with` once made the condition it has today."""
    return RunSQL(
        sql=f"ALTER POLICY {table}_private ON {table} USING ({condition});", reverse_sql=RunSQL.noop
    )


def guard_function() -> RunSQL:
    """Create the functions of the triggers that `guard` makes: what they refuse is a foreign key violation.

    The first runs as the owner, since the row it looks for is invisible to whoever reaches for another's.
    """
    return RunSQL(
        sql="""
            CREATE FUNCTION ehportal_same_organisation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, public, pg_temp AS $$
            DECLARE
                referred uuid;
                alike boolean;
            BEGIN
                EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) INTO referred USING NEW;
                IF referred IS NOT NULL THEN
                    EXECUTE format('SELECT organisation_id = $1 FROM %I WHERE id = $2', TG_ARGV[1])
                        INTO alike USING NEW.organisation_id, referred;
                    IF alike IS NOT TRUE THEN
                        RAISE EXCEPTION '%.% names a row of another organisation', TG_TABLE_NAME, TG_ARGV[0]
                            USING ERRCODE = 'foreign_key_violation';
                    END IF;
                END IF;
                RETURN NULL;
            END $$;
            REVOKE ALL ON FUNCTION ehportal_same_organisation() FROM PUBLIC;
            CREATE FUNCTION ehportal_stay_in_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a row of % stays in its organisation', TG_TABLE_NAME
                    USING ERRCODE = 'foreign_key_violation';
            END $$;
        """,
        reverse_sql="""
            DROP FUNCTION ehportal_same_organisation();
            DROP FUNCTION ehportal_stay_in_organisation();
        """,
    )


def guard(table: str, **parents: str) -> RunSQL:
    """Refuse rows of `table` that refer, by a column of `parents`, to a row of another organisation.

    `parents` says for each column which table it refers to. A row of `table` never changes its organisation either,
    so that what refers to it stays right.
    """
    return RunSQL(
        sql="\n".join(
            [
                *_guards(table, parents),
                f"CREATE TRIGGER stays_in_organisation AFTER UPDATE OF organisation_id ON {table} FOR EACH ROW"
                " WHEN (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id)"
                " EXECUTE FUNCTION ehportal_stay_in_organisation();",
            ]
        ),
        reverse_sql="\n".join(
            [*_unguards(table, parents), f"DROP TRIGGER stays_in_organisation ON {table};"]
        ),
    )


def guard_more(table: str, **parents: str) -> RunSQL:
    """Refuse the same of columns that came to a guarded table later."""
    return RunSQL(sql="\n".join(_guards(table, parents)), reverse_sql="\n".join(_unguards(table, parents)))


def _guards(table: str, parents: Mapping[str, str]) -> list[str]:
    return [
        f"CREATE CONSTRAINT TRIGGER {name_of_guard(column)} AFTER INSERT OR UPDATE OF {column} ON {table}"
        f" FOR EACH ROW WHEN (NEW.{column} IS NOT NULL)"
        f" EXECUTE FUNCTION ehportal_same_organisation('{column}', '{parent}');"
        for column, parent in parents.items()
    ]


def _unguards(table: str, parents: Mapping[str, str]) -> list[str]:
    return [f"DROP TRIGGER {name_of_guard(column)} ON {table};" for column in parents]


def name_of_guard(column: str) -> str:
    """Return the name of the trigger that guards a column."""
    return f"{column}_in_organisation"


def owner_function(name: str, arguments: str, returns: str, query: str, role: str) -> RunSQL:
    """Create a SQL function that runs as the owner and is granted to the web role only.

    A SECURITY DEFINER function answers what is asked before any organisation is named; it must return ids, nothing
    else, since row-level security does not hold inside it.
    """
    types = ", ".join(argument.split()[1] for argument in arguments.split(",") if argument.strip())
    return RunSQL(
        sql=f"""
            CREATE FUNCTION {name}({arguments}) RETURNS {returns}
                LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ {query} $$;
            REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {name}({types}) TO {role};
        """,
        reverse_sql=f"DROP FUNCTION {name}({types});",
    )
