"""Row-level security as migration operations.

Policies compare the row's organisation with one session setting, an array that is read once a statement:
`ehportal.organisations`. Where it is not set nothing is visible and nothing can be written, so forgetting it fails
closed. What is private to one user is narrowed further by `ehportal.user`. The web role owns no table; owners
(migrations) are not bound, which is why they never serve a request.
"""

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
"""The user for whom this transaction reads, as SQL; null where the platform itself works."""


def keep_private(table: str, column: str = "private_to_id") -> RunSQL:
    """Show rows with a user in `column` to that user and to the platform itself, and to nobody else.

    It narrows what `protect` allows: one policy for every page, count, search and download there is or will be.
    """
    return _narrow(table, f"{column} IS NULL OR {USER} IS NULL OR {column} = {USER}")


def keep_private_with(table: str, *parents: tuple[str, str]) -> RunSQL:
    """Show rows of `table` only where the rows they belong to, (column, table), are shown."""
    seen = (
        f"({column} IS NULL OR EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = {table}.{column}))"  # noqa: S608  # names of tables, from migrations
        for column, parent in parents
    )
    return _narrow(table, f"{USER} IS NULL OR ({' AND '.join(seen)})")


def _narrow(table: str, condition: str) -> RunSQL:
    return RunSQL(
        sql=f"CREATE POLICY {table}_private ON {table} AS RESTRICTIVE USING ({condition});",
        reverse_sql=f"DROP POLICY {table}_private ON {table};",
    )


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
