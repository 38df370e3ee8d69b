"""The two roles in PostgreSQL, the database, and what each role may do there. No Django: demo and tests use it too.

The *owner* owns the tables and runs migrations; nobody is served by it. The *web role* serves pages and workers: it
owns nothing, can create nothing, and row-level security binds it.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

PREPARING = 0x65687072
"""Number of the advisory lock under which roles and databases are made; any number that nobody else takes."""
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""What the web role may do with the rows of a table."""
SCHEMA_BELONGS_TO_OWNER = 150000
"""Version of PostgreSQL from which the schema public is the database owner's to close."""
APPEND_ONLY = "organisations_auditevent"
"""The record: the web role may add to it and read it."""
WRITTEN_BY_TRIGGERS = frozenset({"certificates_searchentry", "certificates_tally", "certificates_endfigure"})
"""What the owner's triggers and functions write beside certificates: the web role reads it."""
OWNER_ONLY = "organisations_turn"
"""Whose turn it is among organisations: read and written by the owner's functions alone."""


@dataclass(frozen=True)
class Account:
    """A role and its password; without one where the server lets it in by other means, such as its socket."""

    name: str
    password: str = ""


def account_of(url: str) -> Account:
    """Return who an address of a database signs in as."""
    parts = urlsplit(url)
    return Account(unquote(parts.username or ""), unquote(parts.password or ""))


def database_of(url: str) -> str:
    """Return the name of the database in an address."""
    return unquote(urlsplit(url).path.lstrip("/"))


def server_of(url: str) -> tuple[str, int]:
    """Return host (or folder of the socket) and port in an address."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    host = asked.get("host", [parts.hostname or ""])[0]
    return host, parts.port or int(asked.get("port", ["5432"])[0])


def with_account(url: str, account: Account, database: str) -> str:
    """Return `url` for another role and database on the same server."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    secret = f":{quote(account.password, safe='')}" if account.password else ""
    asked = {
        key: values
        for key, values in parse_qs(parts.query).items()
        if key not in {"user", "password", "dbname"}
    }
    return urlunsplit(
        parts._replace(
            netloc=f"{quote(account.name, safe='')}{secret}@{host}",
            path=f"/{quote(database, safe='')}",
            query=urlencode(asked, doseq=True, safe="/"),
        )
    )


def make(admin_url: str, database: str, *, owner: Account, web: Account, fresh: bool = False) -> None:
    """Create both roles and `database` where they are missing, and give the roles these passwords.

    `admin_url` must be of a role that may create roles and databases. With `fresh` the database is made anew. Raises
    psycopg.Error.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        # Roles belong to the whole server: two that prepare at once would fail on one another. Ends when it closes.
        connection.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
        for account in (owner, web):
            _make_role(connection, account)
        name = sql.Identifier(database)
        if fresh:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not known:
            # The owner role must be ours to give away where the administrator is no superuser.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner.name)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    name, sql.Identifier(owner.name)
                )
            )
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(web.name))
        )
        before_15 = connection.info.server_version < SCHEMA_BELONGS_TO_OWNER
    if before_15:
        with psycopg.connect(admin_url, dbname=database, autocommit=True) as connection:
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            connection.execute(
                sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(owner.name))
            )


def _make_role(connection: psycopg.Connection, account: Account) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [account.name]).fetchone()
    words: list[sql.Composable] = [
        sql.SQL("ALTER ROLE" if known else "CREATE ROLE"),
        sql.Identifier(account.name),
        sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"),
    ]
    if account.password:
        # What goes to the server, and perhaps into its log, is the verifier and not the password.
        sealed = connection.pgconn.encrypt_password(account.password.encode(), account.name.encode())
        words += [sql.SQL("PASSWORD"), sql.Literal(sealed.decode())]
    connection.execute(sql.SQL(" ").join(words))


def grant(owner: psycopg.Connection, web: str) -> None:
    """Let role `web` use what the owner, who is connected, has made and will make. Raises psycopg.Error.

    Tables that were made before anything was granted get their grants too, except what a migration takes away again.
    """
    role = sql.Identifier(web)
    owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    rights = sql.SQL(", ").join(sql.SQL(right) for right in RIGHTS)
    coming = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {} ON {} TO {}"
    owner.execute(sql.SQL(coming).format(rights, sql.SQL("TABLES"), role))
    owner.execute(sql.SQL(coming).format(sql.SQL("USAGE, SELECT"), sql.SQL("SEQUENCES"), role))
    for table in tables_without_grants(owner, web):
        owner.execute(sql.SQL("GRANT {} ON {} TO {}").format(rights, sql.Identifier(table), role))
        if table == APPEND_ONLY:
            taken = "REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}"
            owner.execute(sql.SQL(taken).format(sql.Identifier(table), role))
        if table in WRITTEN_BY_TRIGGERS:
            taken = "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}"
            owner.execute(sql.SQL(taken).format(sql.Identifier(table), role))
    owner.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))


def tables_without_grants(connection: psycopg.Connection, web: str) -> list[str]:
    """Return the tables of the schema that role `web` should be able to read, and is not."""
    question = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> %s"
        " AND NOT has_table_privilege(%s, c.oid, 'SELECT') ORDER BY 1"
    )
    return [str(name) for (name,) in connection.execute(question, [OWNER_ONLY, web])]


def dangers(connection: psycopg.Connection, web: str) -> list[str]:
    """Return, as sentences, by what role `web` could step around row-level security, or why it cannot work at all.

    Any role may ask. Empty is well.
    """
    found = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = %s", [web]
    ).fetchone()
    if found is None:
        return [f"The role {web} does not exist."]
    superuser, bypasses, makes_roles, signs_in = found
    told = []
    if superuser:
        told.append(f"The role {web} is a superuser: row-level security does not bind it.")
    if bypasses:
        told.append(f"The role {web} has BYPASSRLS: row-level security does not bind it.")
    if makes_roles:
        told.append(f"The role {web} has CREATEROLE: it could give itself what it lacks.")
    if not signs_in:
        told.append(f"The role {web} may not sign in.")
    if superuser:
        return told
    owners = [
        str(name)
        for (name,) in connection.execute(
            "SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_roles r ON r.oid = c.relowner WHERE n.nspname = 'public' AND pg_has_role(%s, r.oid, 'MEMBER')",
            [web],
        )
    ]
    if owners:
        told.append(
            f"The role {web} owns tables (as {', '.join(owners)}): their owner is not bound by policies."
        )
    creates = connection.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [web]).fetchone()
    if creates and creates[0]:
        told.append(
            f"The role {web} may create in the schema public: REVOKE CREATE ON SCHEMA public FROM PUBLIC."
        )
    return told


def unprotected_tables(connection: psycopg.Connection) -> list[str]:
    """Return the tables with rows of organisations that have no row-level security."""
    question = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
        " AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND (c.relname = 'organisations_organisation' OR EXISTS"
        " (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organisation_id'"
        " AND NOT a.attisdropped)) ORDER BY 1"
    )
    return [str(name) for (name,) in connection.execute(question)]


def statements(owner: Account, web: Account, database: str) -> str:
    """Return what `make` does, as SQL for somebody who gives nobody else the right to do it. Passwords are left out."""
    return "\n".join(
        [
            *(
                f'CREATE ROLE "{one.name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;\n'
                f'\\password "{one.name}"'
                for one in (owner, web)
            ),
            f'CREATE DATABASE "{database}" OWNER "{owner.name}" TEMPLATE template0 ENCODING \'UTF8\';',
            f'GRANT CONNECT ON DATABASE "{database}" TO "{web.name}";',
        ]
    )
