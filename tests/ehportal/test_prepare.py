"""`manage.py prepare`, from an empty PostgreSQL to a server: what it makes and says, and that it may be repeated."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.fernet import Fernet

from deploy.stack.postgres import with_role
from ehportal.operation import roles
from ehportal.operation.roles import Account
from tests.environment import ROOT
from tests.support.sandbox import SandboxProcess

OWNER, WEB = "preparing_owner", "preparing_web"
GRANTS = (
    "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
    " WHERE grantee = %s AND table_schema = 'public' ORDER BY 1, 2"
)


@dataclass
class Installation:
    """Settings of a server that is not there yet, and the command that makes it."""

    admin: str
    name: str
    environment: dict[str, str]

    def url(self, role: str = "", password: str = "") -> str:
        """Return the database's address for a role; for the superuser where none is named."""
        if role:
            return with_role(self.admin, role, password, self.name)
        return urlsplit(self.admin)._replace(path=f"/{self.name}").geturl()

    def manage(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run manage.py with these settings, changed by `more`."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]} | self.environment | more,
            capture_output=True,
            text=True,
        )

    def made(self, *arguments: str, **more: str) -> str:
        """Run manage.py and return what it said; fail where it failed."""
        done = self.manage(*arguments, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str, **more: str) -> str:
        """Run manage.py and return its complaint; fail where it did not complain, or not in words."""
        done = self.manage(*arguments, **more)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr

    def grants(self) -> list[tuple[str, ...]]:
        """Return what the web role may do with each table."""
        with psycopg.connect(self.url()) as connection:
            return connection.execute(GRANTS, [WEB]).fetchall()


@pytest.fixture
def installation(admin_url: str, sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Installation]:
    name = f"ehportal_prepare_{os.getpid()}"
    passwords = {role: secrets.token_urlsafe(12) for role in (OWNER, WEB)}
    pki = sandbox.pki
    yield Installation(
        admin_url,
        name,
        {
            "DATABASE_WEB_ROLE": WEB,
            "DATABASE_URL": with_role(admin_url, WEB, passwords[WEB], name),
            "DATABASE_OWNER_URL": with_role(admin_url, OWNER, passwords[OWNER], name),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SSIN_KEYS": Fernet.generate_key().decode(),
            "SSIN_INDEX_KEY": secrets.token_urlsafe(32),
            "ORIGIN": "https://certificaten.maasdal.example",
            "BEHIND_PROXY": "1",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "MAIL_URL": "smtp://127.0.0.1:1",
            "MAIL_FROM": "ehportal@maasdal.example",
            "STATIC_ROOT": str(tmp_path / "static"),
            "SANDBOX": "1",
            "CERTRA_PRODUCTION_URL": sandbox.production,
            "CERTRA_ACCEPTANCE_URL": sandbox.acceptance,
            "CERTRA_PRODUCTION_ANCHORS": f"{pki}/production/root.pem,{pki}/production/issuing.pem",
            "CERTRA_ACCEPTANCE_ANCHORS": f"{pki}/acceptance/root.pem,{pki}/acceptance/issuing.pem",
            "EID_ANCHORS": f"{pki}/citizen/root.pem,{pki}/citizen/ca.pem",
        },
    )
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        for role in (OWNER, WEB):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            if known:
                connection.execute(f"DROP ROLE {role}")


def test_an_empty_postgresql_becomes_a_server_and_stays_one(installation: Installation) -> None:
    missing = installation.refused("prepare")
    assert "DATABASE_ADMIN_URL" in missing
    assert "prepare --sql" in missing

    first = installation.made("prepare", DATABASE_ADMIN_URL=installation.admin)
    assert "migrations applied" in first
    assert "Ready" in first
    assert (Path(installation.environment["STATIC_ROOT"]) / "staticfiles.json").is_file()
    granted = installation.grants()
    assert ("organisations_user", "INSERT") in granted
    assert [right for table, right in granted if table == roles.APPEND_ONLY] == ["INSERT", "SELECT"]
    assert "TRUNCATE" not in {right for _table, right in granted}

    again = installation.made("prepare")
    assert "as they were" in again
    assert "Ready" in again
    assert installation.grants() == granted

    with psycopg.connect(installation.url(), autocommit=True) as connection:
        connection.execute("ALTER TABLE organisations_person DISABLE ROW LEVEL SECURITY")
        assert "Row-level security is off on organisations_person" in installation.refused("prepare")


def test_tables_that_were_made_before_anything_was_granted_get_the_same_grants(
    installation: Installation, owner_url: str
) -> None:
    """`migrate` alone is what the documentation once said: `permission denied for table organisations_user`."""
    environment = installation.environment
    owner, web = (roles.account_of(environment[name]) for name in ("DATABASE_OWNER_URL", "DATABASE_URL"))
    roles.make(installation.admin, installation.name, owner=owner, web=web)
    installation.made("migrate", DATABASE_URL=environment["DATABASE_OWNER_URL"])
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        assert "organisations_user" in roles.tables_without_grants(connection, WEB)
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as connection:
        roles.grant(connection, WEB)
        roles.grant(connection, WEB)
    with psycopg.connect(owner_url) as connection:
        usual = connection.execute(GRANTS, ["ehportal_web"]).fetchall()
    assert installation.grants() == usual


def test_what_an_administrator_runs_by_hand_is_enough(installation: Installation) -> None:
    printed = installation.made("prepare", "--sql")
    environment = installation.environment
    accounts = [roles.account_of(environment[name]) for name in ("DATABASE_URL", "DATABASE_OWNER_URL")]
    with psycopg.connect(installation.admin, autocommit=True) as connection:
        for line in printed.splitlines():
            if not line.startswith("\\password"):
                connection.execute(line.encode())
        for account in accounts:
            assert account.password not in printed
            assert f'\\password "{account.name}"' in printed
            connection.execute(f"ALTER ROLE {account.name} PASSWORD '{account.password}'".encode())
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as connection:
        roles.grant(connection, WEB)
        connection.execute("CREATE TABLE made_later (id int)")
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO made_later VALUES (1)")
        assert roles.dangers(connection, WEB) == []


@pytest.mark.parametrize(
    ("words", "back", "said"),
    [
        (f"ALTER ROLE {WEB} BYPASSRLS", f"ALTER ROLE {WEB} NOBYPASSRLS", "BYPASSRLS"),
        (f"ALTER ROLE {WEB} SUPERUSER", f"ALTER ROLE {WEB} NOSUPERUSER", "superuser"),
        (f"ALTER ROLE {WEB} CREATEROLE", f"ALTER ROLE {WEB} NOCREATEROLE", "CREATEROLE"),
        (f"ALTER ROLE {WEB} NOLOGIN", f"ALTER ROLE {WEB} LOGIN", "may not sign in"),
        (f"GRANT {OWNER} TO {WEB}", f"REVOKE {OWNER} FROM {WEB}", f"owns tables (as {OWNER})"),
        (
            f"GRANT CREATE ON SCHEMA public TO {WEB}",
            f"REVOKE CREATE ON SCHEMA public FROM {WEB}",
            "may create in the schema public",
        ),
    ],
)
def test_a_web_role_that_could_step_around_is_told(
    installation: Installation, words: str, back: str, said: str
) -> None:
    environment = installation.environment
    owner, web = (roles.account_of(environment[name]) for name in ("DATABASE_OWNER_URL", "DATABASE_URL"))
    roles.make(installation.admin, installation.name, owner=owner, web=web)
    with psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True) as connection:
        roles.grant(connection, WEB)
        connection.execute("CREATE TABLE known (organisation_id uuid)")
        assert roles.dangers(connection, WEB) == []
        assert roles.unprotected_tables(connection) == ["known"]
    with psycopg.connect(installation.url(), autocommit=True) as connection:
        connection.execute(words.encode())
        assert said in " ".join(roles.dangers(connection, WEB))
        connection.execute(back.encode())
        assert roles.dangers(connection, WEB) == []
        assert roles.dangers(connection, "nobody_of_that_name") == [
            "The role nobody_of_that_name does not exist."
        ]


def test_what_is_wrong_is_said_at_once_and_before_anything_is_made(installation: Installation) -> None:
    """`SSIN_KEYS=abc` was taken, and a server without anchors started."""
    said = installation.refused(
        "prepare",
        DATABASE_ADMIN_URL=installation.admin,
        SSIN_KEYS="abc",
        EID_ANCHORS="",
        BEHIND_PROXY="0",
        ALLOWED_HOSTS="elsewhere.example",
    )
    for words in (
        "SSIN_KEYS must be one or more Fernet keys",
        "EID_ANCHORS holds no root certificate",
        "Set BEHIND_PROXY=1",
        "ALLOWED_HOSTS does not hold certificaten.maasdal.example",
    ):
        assert words in said
    with psycopg.connect(installation.admin) as connection:
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [installation.name])
        assert made.fetchone() is None


def test_a_setting_that_is_missing_is_named(installation: Installation) -> None:
    del installation.environment["SSIN_INDEX_KEY"]
    assert "Set SSIN_INDEX_KEY" in installation.refused("prepare")


def test_passwords_with_every_sign_find_their_way_into_an_address() -> None:
    account = Account("web", "p@ss/w:rd?#%")
    url = roles.with_account("postgresql://postgres@/postgres?host=/tmp/x&port=5433", account, "ehportal")
    assert roles.account_of(url) == account
    assert roles.database_of(url) == "ehportal"
    assert url.endswith("?host=/tmp/x&port=5433")
